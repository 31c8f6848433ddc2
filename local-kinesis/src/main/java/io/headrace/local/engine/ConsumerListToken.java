package io.headrace.local.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What the next page of a list of consumers must know: the stream, and the last name shown. */
record ConsumerListToken(long createdMillis, long streamCreatedMillis, String lastName) {
  private static final int FIXED_BYTES = 8 + 8;
  private static final long LIFE_MILLIS = 300_000;

  static ConsumerListToken parse(String token, long nowMillis) {
    Optional<byte[]> content = OpaqueToken.open(token);
    if (content.isEmpty() || content.get().length <= FIXED_BYTES) {
      throw KinesisError.invalidArgument("Invalid NextToken.");
    }
    ByteBuffer bytes = ByteBuffer.wrap(content.get());
    ConsumerListToken parsed =
        new ConsumerListToken(
            bytes.getLong(), bytes.getLong(), StandardCharsets.UTF_8.decode(bytes).toString());
    if (nowMillis - parsed.createdMillis > LIFE_MILLIS) {
      throw KinesisError.of("ExpiredNextTokenException", "NextToken has expired.");
    }
    return parsed;
  }

  String token() {
    byte[] name = lastName.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(FIXED_BYTES + name.length);
    return OpaqueToken.seal(
        bytes.putLong(createdMillis).putLong(streamCreatedMillis).put(name).array());
  }
}
