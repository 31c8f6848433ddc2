package io.headrace.checkpoint.state;

import io.headrace.kcl.HashRange;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;

/**
 * Entries in order, written once: a tree of chunks.
 *
 * @param resident whether it holds kinds that are, and only those
 * @param limit of the hashes that count: what lies outside went to another shard
 * @param entries and tombstones
 * @param bytes of all its chunks, before they are deflated
 * @param first key, or what is smaller than that
 * @param last key, or what is larger than that
 * @param level of its top: 0 where that holds the entries
 */
record Run(
    boolean resident,
    HashRange limit,
    long entries,
    long bytes,
    byte[] first,
    byte[] last,
    int level,
    ChunkRef top) {
  private static final int HASH_BYTES = 16;

  /** So much of the first and the last key is stored: by these a look-up passes a run over. */
  private static final int BOUND_BYTES = 4;

  /** A run of its size or less has tier 0, and each tier has runs of so many times the size. */
  private static final long TIER_0_BYTES = 64L << 10;

  private static final int TIER_FACTOR = 16;

  /** Whether a key lies between its first and its last. */
  boolean spans(byte[] key) {
    return Arrays.compareUnsigned(first, key) <= 0 && Arrays.compareUnsigned(key, last) <= 0;
  }

  boolean isInLimit(byte[] key) {
    return limit.equals(HashRange.ALL) || limit.holds(hash(key));
  }

  /** What of it counts for a shard of that range; empty when nothing does. */
  Optional<Run> narrowed(HashRange range) {
    var from = limit.first().max(range.first());
    var to = limit.last().min(range.last());
    if (from.compareTo(to) > 0 || hash(first).compareTo(to) > 0 || hash(last).compareTo(from) < 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Run(resident, new HashRange(from, to), entries, bytes, first, last, level, top));
  }

  private static BigInteger hash(byte[] key) {
    return new BigInteger(1, Arrays.copyOf(key, HASH_BYTES));
  }

  int tier() {
    int tier = 0;
    for (long size = TIER_0_BYTES; bytes > size; size *= TIER_FACTOR) {
      tier++;
    }
    return tier;
  }

  void write(ByteWriter out, Prefixes prefixes, HashRange all) {
    boolean whole = limit.equals(all);
    out.writeByte((resident ? 1 : 0) | (whole ? 2 : 0));
    if (!whole) {
      out.writeRange(limit);
    }
    out.writeLong(entries);
    out.writeLong(bytes);
    out.write(first, 0, BOUND_BYTES);
    out.write(last, 0, BOUND_BYTES);
    out.writeLong(level);
    top.writeName(out, prefixes);
  }

  /** As {@link #write} has it: the first key is that or a smaller one, the last that or larger. */
  static Run read(ByteReader in, Prefixes prefixes, HashRange all) {
    int flags = in.readByte();
    var limit = (flags & 2) != 0 ? all : in.readRange();
    long entries = in.readLong();
    long bytes = in.readLong();
    byte[] first = bound(in, 0);
    byte[] last = bound(in, 0xff);
    int level = in.readInt();
    var top = ChunkRef.readName(in, prefixes, first);
    return new Run((flags & 1) != 0, limit, entries, bytes, first, last, level, top);
  }

  private static byte[] bound(ByteReader in, int rest) {
    byte[] bound = new byte[HASH_BYTES + 1];
    Arrays.fill(bound, (byte) rest);
    System.arraycopy(in.read(BOUND_BYTES), 0, bound, 0, BOUND_BYTES);
    return bound;
  }

  /** As earlier versions wrote it, with whole keys. */
  static Run readWithKeys(ByteReader in, Prefixes prefixes, HashRange all) {
    int flags = in.readByte();
    var limit = (flags & 2) != 0 ? all : in.readRange();
    return new Run(
        (flags & 1) != 0,
        limit,
        in.readLong(),
        in.readLong(),
        in.readBytes(),
        in.readBytes(),
        in.readInt(),
        ChunkRef.read(in, prefixes));
  }
}
