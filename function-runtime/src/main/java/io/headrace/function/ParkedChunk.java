package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.PartitionKey;
import io.headrace.kcl.Payload;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records of one parked key, in order, as they are stored: one immutable chunk. Layout: magic,
 * format, shard, records, CRC32C of all before it.
 *
 * @param origin the shard in which the records lie: they keep their names wherever they are handled
 */
record ParkedChunk(ShardKey origin, List<StreamRecord> records) {
  static final int FORMAT = 1;

  private static final int RECORDS_MAX = 64;
  private static final long BYTES_MAX = 1 << 20;

  private static final int MAGIC = 0x4844504b;
  private static final int TRAILER_BYTES = Long.BYTES;

  ParkedChunk {
    records = List.copyOf(records);
  }

  /** Whether so much fills a chunk. */
  static boolean isFull(int records, long bytes) {
    return records >= RECORDS_MAX || bytes >= BYTES_MAX;
  }

  /** Of records in order, those that go into one chunk; at least one. */
  static List<StreamRecord> first(List<StreamRecord> records) {
    int count = 0;
    long bytes = 0;
    while (count < records.size() && !isFull(count, bytes)) {
      bytes += records.get(count).budgetBytes();
      count++;
    }
    return List.copyOf(records.subList(0, count));
  }

  /**
   * @throws IOException when a payload can't be had
   */
  byte[] write() throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeInt(FORMAT);
      write(out, origin.key().getBytes(UTF_8));
      out.writeInt(records.size());
      for (var each : records) {
        write(out, each);
      }
      out.writeLong(StateChunk.checksum(bytes.toByteArray()));
    }
    return bytes.toByteArray();
  }

  /**
   * @param name of the chunk, for errors
   * @throws CheckpointException when the bytes are damaged or of a newer format
   */
  static ParkedChunk read(String name, byte[] bytes) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readInt() != MAGIC) {
        throw new CheckpointException("chunk " + name + ": holds no parked records");
      }
      int format = in.readInt();
      if (format > FORMAT) {
        throw new CheckpointException(
            "chunk "
                + name
                + " of parked records: has format "
                + format
                + ", this version reads up to "
                + FORMAT
                + "; run the newer version");
      }
      int body = bytes.length - TRAILER_BYTES;
      long expected =
          new DataInputStream(new ByteArrayInputStream(bytes, body, TRAILER_BYTES)).readLong();
      if (StateChunk.checksum(Arrays.copyOf(bytes, body)) != expected) {
        throw new CheckpointException("chunk " + name + " of parked records: is damaged");
      }
      var origin = ShardKey.parse(readText(in));
      var records = new ArrayList<StreamRecord>();
      for (int left = in.readInt(); left > 0; left--) {
        records.add(readRecord(in));
      }
      return new ParkedChunk(origin, records);
    } catch (IOException | RuntimeException cut) {
      throw cut instanceof CheckpointException known
          ? known
          : new CheckpointException("chunk " + name + " of parked records: is cut short", cut);
    }
  }

  private static void write(DataOutputStream out, StreamRecord each) throws IOException {
    write(out, each.position().toString().getBytes(UTF_8));
    write(out, each.key().bytes());
    var arrivedAt = each.arrivedAt();
    out.writeLong(arrivedAt.getEpochSecond());
    out.writeInt(arrivedAt.getNano());
    out.writeBoolean(each.misrouted());
    out.writeInt(each.headers().size());
    for (var header : each.headers().entrySet()) {
      write(out, header.getKey().getBytes(UTF_8));
      write(out, header.getValue().getBytes(UTF_8));
    }
    write(out, each.payload().bytes());
  }

  private static StreamRecord readRecord(DataInputStream in) throws IOException {
    var position = Position.parse(readText(in));
    var key = key(readBytes(in));
    var arrivedAt = Instant.ofEpochSecond(in.readLong(), in.readInt());
    boolean misrouted = in.readBoolean();
    Map<String, String> headers = new LinkedHashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      headers.put(readText(in), readText(in));
    }
    var payload = Payload.of(readBytes(in));
    return new StreamRecord(position, key, arrivedAt, payload, headers, misrouted);
  }

  /** Text where it came as text, which most keys do. */
  private static PartitionKey key(byte[] bytes) {
    var text = new String(bytes, UTF_8);
    return Arrays.equals(text.getBytes(UTF_8), bytes)
        ? PartitionKey.of(text)
        : PartitionKey.of(bytes);
  }

  private static void write(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String readText(DataInputStream in) throws IOException {
    return new String(readBytes(in), UTF_8);
  }

  private static byte[] readBytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new IOException("ends within a field");
    }
    return bytes;
  }
}
