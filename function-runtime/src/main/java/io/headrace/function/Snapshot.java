package io.headrace.function;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a function kept when it was copied: of each shard the state of one commit, with the position
 * that belongs to it. The shards are not of one moment. Immutable.
 *
 * @param at when the copy was begun
 * @param directory what the names of its chunks begin with
 */
public record Snapshot(
    String name, String function, Instant at, String directory, List<OfShard> shards) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final int MAGIC = 0x4844534e;
  private static final int FORMAT = 1;

  public Snapshot {
    shards = List.copyOf(shards);
  }

  /**
   * A shard in it.
   *
   * @param revision of the progress item that was copied
   * @param from where the function begins if it has finished nothing
   * @param parts of a commit that goes on from here
   */
  public record OfShard(
      ShardKey shard,
      HashRange range,
      long revision,
      StartingPosition from,
      Progress progress,
      CommitParts parts) {}

  /** Checks a name that somebody has chosen. */
  static String requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "snapshot \""
              + name
              + "\": its name must be 1 to 64 letters, digits, dots, dashes or underscores and"
              + " begin with a letter or digit");
    }
    return name;
  }

  byte[] write() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      ChunkBytes.begin(out, MAGIC, FORMAT);
      ChunkBytes.write(out, name);
      ChunkBytes.write(out, function);
      ChunkBytes.write(out, at);
      ChunkBytes.write(out, directory);
      out.writeInt(shards.size());
      for (var shard : shards) {
        write(out, shard);
      }
      out.writeLong(ChunkBytes.checksum(bytes.toByteArray()));
    } catch (IOException impossible) {
      throw new AssertionError("memory takes all bytes", impossible);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, OfShard of) throws IOException {
    ChunkBytes.write(out, of.shard().key());
    ChunkBytes.write(out, of.range());
    out.writeLong(of.revision());
    write(out, of.from());
    ChunkBytes.write(out, of.progress().through().map(Position::toString).orElse(""));
    out.writeInt(of.progress().ranges().size());
    for (var range : of.progress().ranges()) {
      ChunkBytes.write(out, range.first().toString());
      ChunkBytes.write(out, range.last().toString());
    }
    out.writeInt(of.parts().parts().size());
    for (var part : of.parts().parts().entrySet()) {
      ChunkBytes.write(out, part.getKey());
      ChunkBytes.write(out, part.getValue());
    }
  }

  private static void write(DataOutputStream out, StartingPosition from) throws IOException {
    if (from instanceof StartingPosition.AtTimestamp at) {
      out.writeByte(1);
      ChunkBytes.write(out, at.time());
    } else if (from instanceof StartingPosition.After after) {
      out.writeByte(2);
      ChunkBytes.write(out, after.position().toString());
    } else {
      out.writeByte(0);
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param chunk its name, for errors
   */
  static Snapshot read(String chunk, byte[] bytes) {
    var what = "snapshot " + chunk;
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      ChunkBytes.expect(in, MAGIC, FORMAT, what, what + ": is none");
      if (!ChunkBytes.isSound(bytes)) {
        throw new CheckpointException(what + ": is damaged, its checksum differs");
      }
      var name = ChunkBytes.readText(in);
      var function = ChunkBytes.readText(in);
      var at = ChunkBytes.readInstant(in);
      var directory = ChunkBytes.readText(in);
      var shards = new ArrayList<OfShard>();
      for (int left = in.readInt(); left > 0; left--) {
        shards.add(readShard(in));
      }
      return new Snapshot(name, function, at, directory, shards);
    } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException cut) {
      throw new CheckpointException(what + ": can't be read", cut);
    }
  }

  private static OfShard readShard(DataInputStream in) throws IOException {
    var shard = ShardKey.parse(ChunkBytes.readText(in));
    var range = ChunkBytes.readRange(in);
    long revision = in.readLong();
    var from = readStart(in);
    var through = ChunkBytes.readText(in);
    var ranges = new ArrayList<Progress.Range>();
    for (int left = in.readInt(); left > 0; left--) {
      ranges.add(
          new Progress.Range(
              Position.parse(ChunkBytes.readText(in)), Position.parse(ChunkBytes.readText(in))));
    }
    var parts = new HashMap<String, byte[]>();
    for (int left = in.readInt(); left > 0; left--) {
      parts.put(ChunkBytes.readText(in), ChunkBytes.readBytes(in));
    }
    var progress =
        new Progress(
            through.isEmpty() ? Optional.empty() : Optional.of(Position.parse(through)), ranges);
    return new OfShard(shard, range, revision, from, progress, new CommitParts(parts));
  }

  private static StartingPosition readStart(DataInputStream in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case 0 -> StartingPosition.TRIM_HORIZON;
      case 1 -> StartingPosition.at(ChunkBytes.readInstant(in));
      case 2 -> StartingPosition.after(Position.parse(ChunkBytes.readText(in)));
      default -> throw new IOException("a start of kind " + kind);
    };
  }
}
