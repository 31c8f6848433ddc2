package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
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
  private static final int TRAILER_BYTES = Long.BYTES;

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

  static long checksum(byte[] bytes) {
    return checksum(bytes, bytes.length);
  }

  byte[] write() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeInt(FORMAT);
      write(out, range);
      out.writeInt(codecVersion);
      write(out, watermark);
      out.writeInt(floors.size());
      for (var floor : floors) {
        write(out, floor.range());
        write(out, floor.watermark());
      }
      out.writeInt(pending.size());
      for (var each : pending.entrySet()) {
        write(out, each.getKey().toString());
        write(out, each.getValue());
      }
      out.writeInt(entries.size());
      for (var entry : entries) {
        write(out, entry);
      }
      out.writeLong(checksum(bytes.toByteArray()));
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
      if (in.readInt() != MAGIC) {
        throw new CheckpointException("state chunk " + name + ": is no state chunk");
      }
      int format = in.readInt();
      if (format > FORMAT) {
        throw new CheckpointException(
            "state chunk "
                + name
                + ": has format "
                + format
                + ", this version reads up to "
                + FORMAT
                + "; run the newer version");
      }
      int body = bytes.length - TRAILER_BYTES;
      long expected = new DataInputStream(tail(bytes, body)).readLong();
      if (checksum(bytes, body) != expected) {
        throw new CheckpointException("state chunk " + name + ": is damaged, its checksum differs");
      }
      return read(in);
    } catch (IOException | IndexOutOfBoundsException cut) {
      throw new CheckpointException("state chunk " + name + ": is cut short", cut);
    }
  }

  private static StateChunk read(DataInputStream in) throws IOException {
    var range = readRange(in);
    int codecVersion = in.readInt();
    var watermark = readInstant(in);
    var floors = new ArrayList<Floor>();
    for (int left = in.readInt(); left > 0; left--) {
      floors.add(new Floor(readRange(in), readInstant(in)));
    }
    var pending = new LinkedHashMap<Position, Instant>();
    for (int left = in.readInt(); left > 0; left--) {
      pending.put(Position.parse(readText(in)), readInstant(in));
    }
    var entries = new ArrayList<Entry>();
    for (int left = in.readInt(); left > 0; left--) {
      entries.add(readEntry(in));
    }
    return new StateChunk(range, codecVersion, watermark, floors, pending, entries);
  }

  private static void write(DataOutputStream out, Entry entry) throws IOException {
    write(out, entry.key().partitionKey());
    write(out, entry.key().key());
    out.writeBoolean(entry.span() != null);
    if (entry.span() != null) {
      write(out, entry.span().start());
      write(out, entry.span().end());
    }
    out.writeInt(entry.value().length);
    out.write(entry.value());
  }

  private static Entry readEntry(DataInputStream in) throws IOException {
    var key = new StateKey(readText(in), readText(in));
    var span = in.readBoolean() ? new Windows.Span(readInstant(in), readInstant(in)) : null;
    return new Entry(key, span, in.readNBytes(in.readInt()));
  }

  private static void write(DataOutputStream out, HashRange range) throws IOException {
    write(out, range.first().toString());
    write(out, range.last().toString());
  }

  private static HashRange readRange(DataInputStream in) throws IOException {
    return new HashRange(new BigInteger(readText(in)), new BigInteger(readText(in)));
  }

  private static void write(DataOutputStream out, Instant time) throws IOException {
    out.writeLong(time.getEpochSecond());
    out.writeInt(time.getNano());
  }

  private static Instant readInstant(DataInputStream in) throws IOException {
    return Instant.ofEpochSecond(in.readLong(), in.readInt());
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String readText(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), UTF_8);
  }

  private static ByteArrayInputStream tail(byte[] bytes, int from) {
    return new ByteArrayInputStream(bytes, from, bytes.length - from);
  }

  private static long checksum(byte[] bytes, int length) {
    var crc = new CRC32C();
    crc.update(bytes, 0, length);
    return crc.getValue();
  }
}
