package io.headrace.function;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All state of one function in one shard, as it is stored: one immutable chunk. Layout: magic,
 * format, the fields below in order, CRC32C of all before it.
 *
 * @param range the keys of the shard that wrote it
 * @param codecVersion of the user's codec
 * @param watermark of windows; {@link Instant#MIN} before the first event
 * @param floors watermarks of parts of the range that are ahead, left by a merge
 * @param pending admitted records that were not finished, with the watermark of their place
 */
record StateChunk(
    HashRange range,
    int codecVersion,
    Instant watermark,
    List<Floor> floors,
    Map<Position, Instant> pending,
    List<Entry> entries) {
  static final int FORMAT = 1;

  private static final int MAGIC = 0x48445253;

  /** The watermark of a part of the keys. */
  record Floor(HashRange range, Instant watermark) {}

  /**
   * One value, encoded.
   *
   * @param span null for the state of a key, else the window
   */
  record Entry(StateKey key, Windows.@Nullable Span span, byte[] value) {}

  /** State without event time. */
  static StateChunk ofKeys(HashRange range, int codecVersion, List<Entry> entries) {
    return new StateChunk(range, codecVersion, Instant.MIN, List.of(), Map.of(), entries);
  }

  byte[] write() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      ChunkBytes.begin(out, MAGIC, FORMAT);
      ChunkBytes.write(out, range);
      out.writeInt(codecVersion);
      ChunkBytes.write(out, watermark);
      out.writeInt(floors.size());
      for (var floor : floors) {
        ChunkBytes.write(out, floor.range());
        ChunkBytes.write(out, floor.watermark());
      }
      out.writeInt(pending.size());
      for (var each : pending.entrySet()) {
        ChunkBytes.write(out, each.getKey().toString());
        ChunkBytes.write(out, each.getValue());
      }
      out.writeInt(entries.size());
      for (var entry : entries) {
        write(out, entry);
      }
      out.writeLong(ChunkBytes.checksum(bytes.toByteArray()));
    } catch (IOException impossible) {
      throw new AssertionError("memory takes all bytes", impossible);
    }
    return bytes.toByteArray();
  }

  /**
   * @param name of the chunk, for errors
   * @throws CheckpointException when the bytes are damaged or of a newer format
   */
  static StateChunk read(String name, byte[] bytes) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      var chunk = "state chunk " + name;
      ChunkBytes.expect(in, MAGIC, FORMAT, chunk, chunk + ": is no state chunk");
      if (!ChunkBytes.isSound(bytes)) {
        throw new CheckpointException(chunk + ": is damaged, its checksum differs");
      }
      return read(in);
    } catch (IOException | IndexOutOfBoundsException cut) {
      throw new CheckpointException("state chunk " + name + ": is cut short", cut);
    }
  }

  private static StateChunk read(DataInputStream in) throws IOException {
    var range = ChunkBytes.readRange(in);
    int codecVersion = in.readInt();
    var watermark = ChunkBytes.readInstant(in);
    var floors = new ArrayList<Floor>();
    for (int left = in.readInt(); left > 0; left--) {
      floors.add(new Floor(ChunkBytes.readRange(in), ChunkBytes.readInstant(in)));
    }
    var pending = new LinkedHashMap<Position, Instant>();
    for (int left = in.readInt(); left > 0; left--) {
      pending.put(Position.parse(ChunkBytes.readText(in)), ChunkBytes.readInstant(in));
    }
    var entries = new ArrayList<Entry>();
    for (int left = in.readInt(); left > 0; left--) {
      entries.add(readEntry(in));
    }
    return new StateChunk(range, codecVersion, watermark, floors, pending, entries);
  }

  private static void write(DataOutputStream out, Entry entry) throws IOException {
    ChunkBytes.write(out, entry.key().partitionKey());
    ChunkBytes.write(out, entry.key().key());
    out.writeBoolean(entry.span() != null);
    if (entry.span() != null) {
      ChunkBytes.write(out, entry.span().start());
      ChunkBytes.write(out, entry.span().end());
    }
    ChunkBytes.write(out, entry.value());
  }

  private static Entry readEntry(DataInputStream in) throws IOException {
    var key = new StateKey(ChunkBytes.readText(in), ChunkBytes.readText(in));
    var span =
        in.readBoolean()
            ? new Windows.Span(ChunkBytes.readInstant(in), ChunkBytes.readInstant(in))
            : null;
    return new Entry(key, span, ChunkBytes.readBytes(in));
  }
}
