package io.headrace.local.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What the next page of a list of consumers must know: the stream, and the last name shown. */
record ConsumerListToken(long createdMillis, long streamCreatedMillis, String lastName) {
  private static final int FIXED_BYTES = 8 + 8;

  static ConsumerListToken parse(String token, long nowMillis) {
    ByteBuffer bytes = OpaqueToken.openPage(token, FIXED_BYTES, nowMillis);
    return new ConsumerListToken(
        bytes.getLong(), bytes.getLong(), StandardCharsets.UTF_8.decode(bytes).toString());
  }

  String token() {
    byte[] name = lastName.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(FIXED_BYTES + name.length);
    return OpaqueToken.seal(
        bytes.putLong(createdMillis).putLong(streamCreatedMillis).put(name).array());
  }
}
