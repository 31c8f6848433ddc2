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
import java.time.Instant;

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
