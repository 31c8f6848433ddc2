package io.headrace.function.through;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Position;
import io.headrace.kcl.StreamId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/** How {@link Upstreams} are stored: magic and format, then the rest, deflated. */
public final class UpstreamsFormat {
  private static final int MAGIC = 0x48445550;
  private static final int FORMAT = 1;
  private static final int REACHED = 1;

  private UpstreamsFormat() {}

  /**
   * What a commit keeps.
   *
   * @param unfinished records that were found to be new and are not settled: handed over again,
   *     they are no duplicates of themselves; and marks, with the watermark as of their place
   */
  public record Kept(Upstreams upstreams, Map<Position, Instant> unfinished) {}

  /** Writes what {@link #read} reads. */
  public static byte[] write(Upstreams of, Map<Position, Instant> unfinished) {
    var bytes = new ByteArrayOutputStream();
    try (var head = new DataOutputStream(bytes)) {
      head.writeInt(MAGIC);
      head.writeInt(FORMAT);
      // Places of one shard differ in a few digits.
      try (var out = new DataOutputStream(new DeflaterOutputStream(head))) {
        Wire.write(out, of.watermark);
        out.writeInt(of.listed.size());
        for (var stream : of.listed) {
          Wire.write(out, stream.name());
          Wire.write(out, stream.created());
        }
        out.writeInt(of.shards.size());
        for (var shard : of.shards.entrySet()) {
          Wire.write(out, shard.getKey());
          write(out, shard.getValue());
        }
        out.writeInt(of.replayed.size());
        for (var each : of.replayed.entrySet()) {
          Wire.write(out, each.getKey().shard());
          Wire.write(out, each.getKey().position());
          Wire.write(out, each.getValue());
        }
        out.writeInt(unfinished.size());
        for (var each : unfinished.entrySet()) {
          Wire.write(out, each.getKey());
          Wire.write(out, each.getValue());
        }
        // Readers of before pass over it.
        out.writeByte(REACHED);
        Wire.write(out, of.reached);
      }
    } catch (IOException impossible) {
      throw new AssertionError("memory takes all bytes", impossible);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param chunk how errors name it
   * @param inputs the names of the streams that are carried on
   * @throws CheckpointException when it is damaged, or of a newer format
   */
  public static Kept read(String chunk, byte[] bytes, Collection<String> inputs) {
    try (var head = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (head.readInt() != MAGIC) {
        throw new CheckpointException(chunk + ": is no record of what was carried on");
      }
      int format = head.readInt();
      if (format > FORMAT) {
        throw new CheckpointException(
            chunk
                + ": has format "
                + format
                + ", this version reads up to "
                + FORMAT
                + "; run the newer version");
      }
      try (var in = new DataInputStream(new InflaterInputStream(head))) {
        return read(in, new Upstreams(inputs));
      }
    } catch (IOException | IllegalArgumentException damaged) {
      throw new CheckpointException(chunk + ": is damaged", damaged);
    }
  }

  private static Kept read(DataInputStream in, Upstreams to) throws IOException {
    to.watermark = Wire.instant(in);
    for (int left = in.readInt(); left > 0; left--) {
      to.listed.add(new StreamId(Wire.text(in), Wire.instant(in)));
    }
    for (int left = in.readInt(); left > 0; left--) {
      var shard = Wire.shard(in);
      to.shards.put(shard, upstream(in));
    }
    for (int left = in.readInt(); left > 0; left--) {
      var source = new Source(Wire.shard(in), Wire.position(in));
      to.replayed.put(source, Wire.instant(in));
    }
    Map<Position, Instant> unfinished = new HashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      unfinished.put(Wire.position(in), Wire.instant(in));
    }
    if (in.read() == REACHED) {
      to.reach(Wire.instant(in));
    } else {
      to.shards.values().forEach(each -> to.reach(each.watermark));
    }
    return new Kept(to, unfinished);
  }

  private static void write(DataOutputStream out, Upstream each) throws IOException {
    var through = each.through;
    out.writeBoolean(through != null);
    if (through != null) {
      Wire.write(out, through);
    }
    Wire.write(out, each.watermark);
    out.writeBoolean(each.counts);
    out.writeBoolean(each.silent);
    Wire.write(out, each.endedAt == null ? Instant.MIN : each.endedAt);
    write(out, each.seen);
  }

  private static Upstream upstream(DataInputStream in) throws IOException {
    var each = new Upstream();
    each.through = in.readBoolean() ? Wire.position(in) : null;
    each.watermark = Wire.instant(in);
    each.counts = in.readBoolean();
    each.silent = in.readBoolean();
    var endedAt = Wire.instant(in);
    each.endedAt = endedAt.equals(Instant.MIN) ? null : endedAt;
    each.seen.addAll(positions(in));
    return each;
  }

  private static void write(DataOutputStream out, Collection<Position> positions)
      throws IOException {
    out.writeInt(positions.size());
    for (var position : positions) {
      Wire.write(out, position);
    }
  }

  private static Set<Position> positions(DataInputStream in) throws IOException {
    var all = new HashSet<Position>();
    for (int left = in.readInt(); left > 0; left--) {
      all.add(Wire.position(in));
    }
    return all;
  }
}
