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
      ChunkBytes.begin(out, MAGIC, FORMAT);
      ChunkBytes.write(out, origin.key());
      out.writeInt(records.size());
      for (var each : records) {
        write(out, each);
      }
      out.writeLong(ChunkBytes.checksum(bytes.toByteArray()));
    }
    return bytes.toByteArray();
  }

  /**
   * @param name of the chunk, for errors
   * @throws CheckpointException when the bytes are damaged or of a newer format
   */
  static ParkedChunk read(String name, byte[] bytes) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      var chunk = "chunk " + name + " of parked records";
      var other = "chunk " + name + ": holds no parked records";
      ChunkBytes.expect(in, MAGIC, FORMAT, chunk, other);
      if (!ChunkBytes.isSound(bytes)) {
        throw new CheckpointException(chunk + ": is damaged");
      }
      var origin = ShardKey.parse(ChunkBytes.readText(in));
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
    ChunkBytes.write(out, each.position().toString());
    ChunkBytes.write(out, each.key().bytes());
    ChunkBytes.write(out, each.arrivedAt());
    out.writeBoolean(each.misrouted());
    out.writeInt(each.headers().size());
    for (var header : each.headers().entrySet()) {
      ChunkBytes.write(out, header.getKey());
      ChunkBytes.write(out, header.getValue());
    }
    ChunkBytes.write(out, each.payload().bytes());
  }

  private static StreamRecord readRecord(DataInputStream in) throws IOException {
    var position = Position.parse(ChunkBytes.readText(in));
    var key = key(ChunkBytes.readBytes(in));
    var arrivedAt = ChunkBytes.readInstant(in);
    boolean misrouted = in.readBoolean();
    Map<String, String> headers = new LinkedHashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      headers.put(ChunkBytes.readText(in), ChunkBytes.readText(in));
    }
    var payload = Payload.of(ChunkBytes.readBytes(in));
    return new StreamRecord(position, key, arrivedAt, payload, headers, misrouted);
  }

  /** Text where it came as text, which most keys do. */
  private static PartitionKey key(byte[] bytes) {
    var text = new String(bytes, UTF_8);
    return Arrays.equals(text.getBytes(UTF_8), bytes)
        ? PartitionKey.of(text)
        : PartitionKey.of(bytes);
  }
}
