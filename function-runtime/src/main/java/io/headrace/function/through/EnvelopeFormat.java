package io.headrace.function.through;

import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Listed;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.function.through.EnvelopeException.Reason;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of an envelope: magic, version, the fields in order, CRC32C of all before. The page
 * docs/through-streams.md describes them for readers of other makes.
 */
public final class EnvelopeFormat {
  /**
   * The newest version that this one reads. Each kind is written in the version that brought it.
   */
  public static final int VERSION = 2;

  private static final int VERSION_OF_RECORDS = 1;
  private static final int VERSION_OF_SUMS = 2;

  private static final int MAGIC = 0x48445254;
  private static final int TRAILER_BYTES = Integer.BYTES;
  private static final int HEAD_BYTES = Integer.BYTES + 1;
  private static final int CARRIED = 1;
  private static final int MARK = 2;
  private static final int PARTIAL = 3;

  private EnvelopeFormat() {}

  /** Writes an envelope. */
  public static byte[] write(Address address, Envelope envelope) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeByte(envelope instanceof Partial ? VERSION_OF_SUMS : VERSION_OF_RECORDS);
      out.writeByte(kind(envelope));
      Wire.write(out, address.application());
      Wire.write(out, address.function());
      Wire.write(out, envelope.from());
      if (envelope instanceof Carried carried) {
        write(out, carried);
      } else if (envelope instanceof Mark mark) {
        write(out, mark);
      } else if (envelope instanceof Partial partial) {
        write(out, partial);
      }
      byte[] body = bytes.toByteArray();
      out.writeInt(checksum(body, body.length));
    } catch (IOException impossible) {
      throw new AssertionError("memory takes all bytes", impossible);
    }
    return bytes.toByteArray();
  }

  private static int kind(Envelope envelope) {
    if (envelope instanceof Carried) {
      return CARRIED;
    }
    return envelope instanceof Mark ? MARK : PARTIAL;
  }

  /**
   * Reads an envelope.
   *
   * @param address whose it must be
   * @throws EnvelopeException when it can't be read, or is not theirs
   */
  public static Envelope read(Address address, byte[] bytes) throws EnvelopeException {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (bytes.length < HEAD_BYTES + TRAILER_BYTES || in.readInt() != MAGIC) {
        throw new EnvelopeException(
            Reason.NOT_AN_ENVELOPE,
            "a record of "
                + bytes.length
                + " bytes is no envelope: nothing but the function itself may write to the stream"
                + " through which it is keyed");
      }
      int version = in.readUnsignedByte();
      if (version > VERSION) {
        throw new EnvelopeException(
            Reason.TOO_NEW,
            "an envelope has version "
                + version
                + ", this reads up to "
                + VERSION
                + "; run the newer version");
      }
      requireSound(bytes);
      return read(address, in);
    } catch (IOException | IllegalArgumentException | DateTimeException cut) {
      throw new EnvelopeException(Reason.DAMAGED, "an envelope is damaged: " + cut.getMessage());
    }
  }

  private static Envelope read(Address address, DataInputStream in)
      throws IOException, EnvelopeException {
    int kind = in.readUnsignedByte();
    var found = new Address(Wire.text(in), Wire.text(in));
    if (!found.equals(address)) {
      throw new EnvelopeException(
          Reason.FOREIGN,
          "an envelope is one of "
              + found
              + ", not of "
              + address
              + "; give each a stream of its own");
    }
    var from = Wire.shard(in);
    return switch (kind) {
      case CARRIED -> carried(from, in);
      case MARK -> mark(from, in);
      case PARTIAL -> partial(from, in);
      default -> throw new IOException("kind " + kind);
    };
  }

  private static void write(DataOutputStream out, Carried carried) throws IOException {
    Wire.write(out, carried.source().position());
    out.writeBoolean(carried.replayed());
    Wire.write(out, carried.key());
    Wire.write(out, carried.partitionKey());
    Wire.write(out, carried.arrivedAt());
    Wire.write(out, carried.time());
    Wire.write(out, carried.watermark());
    out.writeInt(carried.headers().size());
    for (var header : carried.headers().entrySet()) {
      Wire.write(out, header.getKey());
      Wire.write(out, header.getValue());
    }
    Wire.write(out, carried.payload());
  }

  private static Carried carried(ShardKey from, DataInputStream in) throws IOException {
    var source = new Source(from, Wire.position(in));
    boolean replayed = in.readBoolean();
    var key = Wire.text(in);
    var partitionKey = Wire.text(in);
    var arrivedAt = Wire.instant(in);
    var time = Wire.instant(in);
    var watermark = Wire.instant(in);
    var headers = new LinkedHashMap<String, String>();
    for (int left = in.readInt(); left > 0; left--) {
      headers.put(Wire.text(in), Wire.text(in));
    }
    return new Carried(
        source, replayed, key, partitionKey, arrivedAt, time, watermark, headers, Wire.bytes(in));
  }

  private static void write(DataOutputStream out, Partial partial) throws IOException {
    Wire.writeAscending(out, partial.places());
    Wire.write(out, partial.key());
    Wire.write(out, partial.earliest());
    Wire.write(out, partial.latest());
    out.writeInt(partial.version());
    Wire.write(out, partial.sum());
  }

  private static Partial partial(ShardKey from, DataInputStream in) throws IOException {
    return new Partial(
        from,
        Wire.ascending(in),
        Wire.text(in),
        Wire.instant(in),
        Wire.instant(in),
        in.readInt(),
        Wire.bytes(in));
  }

  private static void write(DataOutputStream out, Mark mark) throws IOException {
    Position through = mark.through();
    out.writeBoolean(through != null);
    if (through != null) {
      Wire.write(out, through);
    }
    Wire.write(out, mark.watermark());
    out.writeBoolean(mark.silent());
    out.writeInt(mark.roster().size());
    for (var listed : mark.roster()) {
      Wire.write(out, listed.shard().value());
      out.writeInt(listed.parents().size());
      for (var parent : listed.parents()) {
        Wire.write(out, parent.value());
      }
    }
    // Readers of before pass over what they do not expect at the end.
    if (!mark.reached().equals(mark.watermark())) {
      Wire.write(out, mark.reached());
    }
  }

  private static Mark mark(ShardKey from, DataInputStream in) throws IOException {
    var through = in.readBoolean() ? Wire.position(in) : null;
    var watermark = Wire.instant(in);
    boolean silent = in.readBoolean();
    var roster = new ArrayList<Listed>();
    for (int left = in.readInt(); left > 0; left--) {
      var shard = new ShardId(Wire.text(in));
      List<ShardId> parents = new ArrayList<>();
      for (int more = in.readInt(); more > 0; more--) {
        parents.add(new ShardId(Wire.text(in)));
      }
      roster.add(new Listed(shard, parents));
    }
    // The checksum of all is behind it.
    boolean isTold = in.available() > TRAILER_BYTES;
    var known = watermark.equals(Instant.MAX) ? Instant.MIN : watermark;
    var reached = isTold ? Wire.instant(in) : known;
    return new Mark(from, through, watermark, reached, silent, roster);
  }

  private static void requireSound(byte[] bytes) throws IOException {
    int body = bytes.length - TRAILER_BYTES;
    var trailer = new DataInputStream(new ByteArrayInputStream(bytes, body, TRAILER_BYTES));
    if (trailer.readInt() != checksum(bytes, body)) {
      throw new IOException("its checksum differs");
    }
  }

  private static int checksum(byte[] bytes, int length) {
    var crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
