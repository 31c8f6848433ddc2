package io.headrace.checkpoint.state;

/**
 * A chunk as others name it.
 *
 * @param checksum of all its bytes: another chunk, or a damaged one, is refused
 * @param bytes how long it is
 * @param first the key of its first entry
 * @param bloom of its entries where it holds such; empty where that is not kept
 */
record ChunkRef(String name, int checksum, int bytes, byte[] first, byte[] bloom) {
  static final byte[] NO_BLOOM = new byte[0];

  static ChunkRef of(String name, byte[] bytes, byte[] first, byte[] bloom) {
    return new ChunkRef(name, ByteWriter.checksum(bytes, bytes.length), bytes.length, first, bloom);
  }

  /** The beginning of its name, which many chunks share. */
  String prefix() {
    return name.substring(0, name.lastIndexOf('.') + 1);
  }

  void write(ByteWriter out, Prefixes prefixes) {
    writeName(out, prefixes);
    out.writeBytes(first);
    out.writeBytes(bloom);
  }

  /** Without the first key and the filter. */
  void writeName(ByteWriter out, Prefixes prefixes) {
    var prefix = prefix();
    out.writeLong(prefixes.indexOf(prefix));
    out.writeText(name.substring(prefix.length()));
    out.writeFixed(checksum);
    out.writeLong(bytes);
  }

  /** What {@link #writeName} wrote. */
  static ChunkRef readName(ByteReader in, Prefixes prefixes, byte[] first) {
    var name = prefixes.get(in.readInt()) + in.readText();
    return new ChunkRef(name, in.readFixed(), in.readInt(), first, NO_BLOOM);
  }

  static ChunkRef read(ByteReader in, Prefixes prefixes) {
    var name = prefixes.get(in.readInt()) + in.readText();
    return new ChunkRef(name, in.readFixed(), in.readInt(), in.readBytes(), in.readBytes());
  }

  @Override
  public String toString() {
    return "chunk " + name;
  }
}
