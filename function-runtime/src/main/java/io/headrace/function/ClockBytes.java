package io.headrace.function;

import io.headrace.kcl.CheckpointException;
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

/** Event time of a shard as a note of its commits. The commit vouches for the bytes. */
final class ClockBytes {
  private static final int MAGIC = 0x4844434c;
  private static final int FORMAT = 1;

  private ClockBytes() {}

  static byte[] write(WindowClock.Reading reading) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      ChunkBytes.begin(out, MAGIC, FORMAT);
      ChunkBytes.write(out, reading.watermark());
      out.writeInt(reading.floors().size());
      for (var floor : reading.floors()) {
        ChunkBytes.write(out, floor.range());
        ChunkBytes.write(out, floor.watermark());
      }
      out.writeInt(reading.pending().size());
      for (var each : reading.pending().entrySet()) {
        ChunkBytes.write(out, each.getKey().toString());
        ChunkBytes.write(out, each.getValue());
      }
    } catch (IOException impossible) {
      throw new AssertionError("memory takes all bytes", impossible);
    }
    return bytes.toByteArray();
  }

  /**
   * @param bytes null where no event time was kept yet
   */
  static WindowClock.Reading read(byte @Nullable [] bytes) {
    if (bytes == null) {
      return new WindowClock.Reading(Instant.MIN, List.of(), Map.of());
    }
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      ChunkBytes.expect(in, MAGIC, FORMAT, "event time", "event time: is something else");
      var watermark = ChunkBytes.readInstant(in);
      var floors = new ArrayList<StateChunk.Floor>();
      for (int left = in.readInt(); left > 0; left--) {
        floors.add(new StateChunk.Floor(ChunkBytes.readRange(in), ChunkBytes.readInstant(in)));
      }
      var pending = new LinkedHashMap<Position, Instant>();
      for (int left = in.readInt(); left > 0; left--) {
        pending.put(Position.parse(ChunkBytes.readText(in)), ChunkBytes.readInstant(in));
      }
      return new WindowClock.Reading(watermark, floors, pending);
    } catch (IOException cut) {
      throw new CheckpointException("event time: is cut short", cut);
    }
  }
}
