package io.headrace.function.through;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Fields of envelopes and of what is kept of them: what has no fixed length has it in front. */
final class Wire {
  private Wire() {}

  static void write(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static byte[] bytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0) {
      throw new IOException("a length of " + length);
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new IOException("ends within a field");
    }
    return bytes;
  }

  static void write(DataOutputStream out, String text) throws IOException {
    write(out, text.getBytes(UTF_8));
  }

  static String text(DataInputStream in) throws IOException {
    return new String(bytes(in), UTF_8);
  }

  static void write(DataOutputStream out, Instant time) throws IOException {
    out.writeLong(time.getEpochSecond());
    out.writeInt(time.getNano());
  }

  static Instant instant(DataInputStream in) throws IOException {
    return Instant.ofEpochSecond(in.readLong(), in.readInt());
  }

  static void write(DataOutputStream out, Position position) throws IOException {
    write(out, position.sequence().value());
    out.writeLong(position.subSequence());
  }

  static Position position(DataInputStream in) throws IOException {
    return new Position(new SequenceNumber(text(in)), in.readLong());
  }

  /**
   * Positions of one shard, each behind the one before. Neighbours differ in a few digits of many,
   * so of all but the first only the difference is written.
   */
  static void writeAscending(DataOutputStream out, List<Position> positions) throws IOException {
    out.writeInt(positions.size());
    var before = BigInteger.ZERO;
    for (var position : positions) {
      var sequence = new BigInteger(position.sequence().value());
      var step = sequence.subtract(before);
      if (step.signum() < 0) {
        throw new IllegalArgumentException(position + " is not behind the one before it");
      }
      byte[] digits = step.toByteArray();
      out.writeByte(digits.length);
      out.write(digits);
      writeCompact(out, position.subSequence());
      before = sequence;
    }
  }

  static List<Position> ascending(DataInputStream in) throws IOException {
    var positions = new ArrayList<Position>();
    var before = BigInteger.ZERO;
    for (int left = in.readInt(); left > 0; left--) {
      int length = in.readUnsignedByte();
      byte[] digits = in.readNBytes(length);
      if (digits.length < length || length == 0) {
        throw new IOException("ends within a position");
      }
      before = before.add(new BigInteger(digits));
      positions.add(new Position(new SequenceNumber(before.toString()), compact(in)));
    }
    return positions;
  }

  /** Seven bits a byte, the lowest first; the highest bit says that more follow. */
  private static void writeCompact(DataOutputStream out, long value) throws IOException {
    long left = value;
    while ((left & ~0x7FL) != 0) {
      out.writeByte((int) ((left & 0x7F) | 0x80));
      left >>>= 7;
    }
    out.writeByte((int) left);
  }

  private static long compact(DataInputStream in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = in.readUnsignedByte();
      value |= (long) (next & 0x7F) << shift;
      if ((next & 0x80) == 0) {
        return value;
      }
    }
    throw new IOException("a number is too long");
  }

  static void write(DataOutputStream out, ShardKey shard) throws IOException {
    write(out, shard.stream().name());
    out.writeLong(shard.stream().created().getEpochSecond());
    write(out, shard.shard().value());
  }

  static ShardKey shard(DataInputStream in) throws IOException {
    var stream = new StreamId(text(in), Instant.ofEpochSecond(in.readLong()));
    return new ShardKey(stream, new ShardId(text(in)));
  }
}
