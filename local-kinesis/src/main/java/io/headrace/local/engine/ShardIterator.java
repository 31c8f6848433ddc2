package io.headrace.local.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * A place in a shard, which a client holds for up to five minutes and may use as often as it likes.
 * It names the very stream: one made later under the same name does not know it.
 */
public record ShardIterator(
    long createdMillis,
    long streamCreatedMillis,
    int shardIndex,
    long position,
    String streamName) {
  static final long LIFE_MILLIS = 300_000;

  private static final int FIXED_BYTES = 8 + 8 + 4 + 8;
  private static final DateTimeFormatter IN_SENTENCE =
      DateTimeFormatter.ofPattern("EEE MMM dd HH:mm:ss 'UTC' yyyy", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  static ShardIterator parse(String token) {
    Optional<byte[]> content = OpaqueToken.open(token);
    if (content.isEmpty() || content.get().length <= FIXED_BYTES) {
      throw KinesisError.invalidArgument("Invalid ShardIterator.");
    }
    ByteBuffer bytes = ByteBuffer.wrap(content.get());
    return new ShardIterator(
        bytes.getLong(),
        bytes.getLong(),
        bytes.getInt(),
        bytes.getLong(),
        StandardCharsets.UTF_8.decode(bytes).toString());
  }

  String token() {
    byte[] name = streamName.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(FIXED_BYTES + name.length);
    bytes.putLong(createdMillis).putLong(streamCreatedMillis).putInt(shardIndex).putLong(position);
    return OpaqueToken.seal(bytes.put(name).array());
  }

  void requireFresh(long nowMillis) {
    if (nowMillis - createdMillis > LIFE_MILLIS) {
      throw KinesisError.of(
          "ExpiredIteratorException",
          "Iterator expired. The iterator was created at time "
              + inSentence(createdMillis)
              + " while right now it is "
              + inSentence(nowMillis)
              + " which is further in the future than the tolerated delay of "
              + LIFE_MILLIS
              + " milliseconds.");
    }
  }

  private static String inSentence(long millis) {
    return IN_SENTENCE.format(Instant.ofEpochMilli(millis));
  }
}
