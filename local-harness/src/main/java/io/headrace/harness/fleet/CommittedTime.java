package io.headrace.harness.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;

/**
 * Event time as a commit has it, read past the production code, and put back otherwise where a
 * fault is planted. It knows where the note lies and how it is written, and refuses anything else
 * by an {@link AssertionError}: a judge that reads nothing would be content with everything.
 *
 * @param watermark of the shard
 * @param floors of parts of its range, as they are written
 * @param pending records that were let in and are not finished, with the event time of their place
 */
record CommittedTime(Instant watermark, byte[] floors, Map<Position, Instant> pending) {
  private static final String PART = "state";
  private static final int ROOT = 0x48445254;
  private static final int ROOT_ELSEWHERE = 0x48445250;
  private static final int FORMAT_AT = 4;

  /** Nothing has changed since that root was stored: its notes count. */
  private static final byte ALONE = 1;

  /** What has changed since that root was stored lies beside its name, with all notes. */
  private static final byte WITH_CHANGES = 3;

  private static final int CHECKSUM_BYTES = 4;
  private static final int NOTE = 0x4844434c;
  private static final int NOTE_FORMAT = 1;

  /** How a root has the name of the note, its length in front. */
  private static final byte[] NAME = {5, 'c', 'l', 'o', 'c', 'k'};

  /** Empty for a commit without state. */
  static Optional<CommittedTime> of(CommitParts parts, ChunkStore chunks) {
    return notedIn(parts, chunks).map(noted -> Note.in(noted).read(noted));
  }

  /** The commit with another event time, and all else as it was; the note rides in it then. */
  static CommitParts changed(
      CommitParts parts, ChunkStore chunks, UnaryOperator<CommittedTime> change) {
    Optional<byte[]> found;
    try {
      found = notedIn(parts, chunks);
    } catch (CompletionException gone) {
      return parts; // Deleted since: the commit was given up, comes late, and is refused.
    }
    return found
        .map(
            root -> {
              var note = Note.in(root);
              byte[] other = note.replaced(root, change.apply(note.read(root)).write());
              return parts.with(CommitParts.of(PART, other));
            })
        .orElse(parts);
  }

  CommittedTime at(Instant time) {
    return new CommittedTime(time, floors, pending);
  }

  CommittedTime withoutPending() {
    return new CommittedTime(watermark, floors, Map.of());
  }

  /** The root, or what has changed since: whichever has the notes that count. */
  private static Optional<byte[]> notedIn(CommitParts parts, ChunkStore chunks) {
    byte[] part = parts.parts().get(PART);
    if (part == null) {
      return Optional.empty();
    }
    int magic = ByteBuffer.wrap(part).getInt();
    if (magic == ROOT) {
      return Optional.of(part);
    }
    if (magic != ROOT_ELSEWHERE) {
      throw new AssertionError("a commit whose state is no root of the present format");
    }
    if (part[FORMAT_AT] == WITH_CHANGES) {
      return Optional.of(part);
    }
    if (part[FORMAT_AT] != ALONE) {
      throw new AssertionError("a commit of format " + part[FORMAT_AT] + ", which is not known");
    }
    int at = FORMAT_AT + 1;
    int length = part[at++];
    if (length < 0) {
      throw new AssertionError("a name of a chunk that is longer than 127 bytes");
    }
    var name = new String(part, at, length, UTF_8);
    return Optional.of(chunks.get(name).toCompletableFuture().join());
  }

  private byte[] write() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeInt(NOTE);
      out.writeInt(NOTE_FORMAT);
      write(out, watermark);
      out.write(floors);
      out.writeInt(pending.size());
      for (var each : pending.entrySet()) {
        byte[] position = each.getKey().toString().getBytes(UTF_8);
        out.writeInt(position.length);
        out.write(position);
        write(out, each.getValue());
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, Instant time) throws IOException {
    out.writeLong(time.getEpochSecond());
    out.writeInt(time.getNano());
  }

  private static Instant readInstant(DataInputStream in) throws IOException {
    return Instant.ofEpochSecond(in.readLong(), in.readInt());
  }

  private static String readText(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), UTF_8);
  }

  /**
   * Where a root has it.
   *
   * @param length where its length is written
   * @param from its first byte
   */
  private record Note(int length, int from, int to) {
    static Note in(byte[] root) {
      for (int at = 0; at + NAME.length < root.length; at++) {
        if (Arrays.equals(root, at, at + NAME.length, NAME, 0, NAME.length)) {
          int length = at + NAME.length;
          int size = 0;
          int from = length;
          for (int shift = 0; ; shift += 7) {
            size |= (root[from] & 0x7f) << shift;
            if (root[from++] >= 0) {
              break;
            }
          }
          return new Note(length, from, from + size);
        }
      }
      throw new AssertionError("a root without a note of event time");
    }

    CommittedTime read(byte[] root) {
      try (var in = new DataInputStream(new ByteArrayInputStream(root, from, to - from))) {
        if (in.readInt() != NOTE || in.readInt() != NOTE_FORMAT) {
          throw new AssertionError("a note of event time of another format");
        }
        var watermark = readInstant(in);
        int begin = from + 2 * Integer.BYTES + Long.BYTES + Integer.BYTES;
        for (int left = in.readInt(); left > 0; left--) {
          readText(in);
          readText(in);
          readInstant(in);
        }
        byte[] floors = Arrays.copyOfRange(root, begin, to - in.available());
        var pending = new LinkedHashMap<Position, Instant>();
        for (int left = in.readInt(); left > 0; left--) {
          pending.put(Position.parse(readText(in)), readInstant(in));
        }
        return new CommittedTime(watermark, floors, pending);
      } catch (IOException cut) {
        throw new AssertionError("a note of event time that is cut short", cut);
      }
    }

    byte[] replaced(byte[] root, byte[] note) {
      var out = new ByteArrayOutputStream();
      out.write(root, 0, length);
      int left = note.length;
      for (; left > 0x7f; left >>>= 7) {
        out.write((left & 0x7f) | 0x80);
      }
      out.write(left);
      out.writeBytes(note);
      out.write(root, to, root.length - CHECKSUM_BYTES - to);
      var crc = new CRC32C();
      crc.update(out.toByteArray());
      out.writeBytes(ByteBuffer.allocate(CHECKSUM_BYTES).putInt((int) crc.getValue()).array());
      return out.toByteArray();
    }
  }
}
