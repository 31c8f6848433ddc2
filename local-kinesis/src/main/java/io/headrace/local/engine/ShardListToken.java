package io.headrace.local.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What the next page of a list of shards must know: the stream, the filter, the last shard shown.
 */
record ShardListToken(
    long createdMillis,
    long streamCreatedMillis,
    int lastIndex,
    ShardFilter filter,
    String streamName) {
  private static final int FIXED_BYTES = 8 + 8 + 4 + 1 + 8;

  static ShardListToken parse(String token, long nowMillis) {
    ByteBuffer bytes = OpaqueToken.openPage(token, FIXED_BYTES, nowMillis);
    return new ShardListToken(
        bytes.getLong(),
        bytes.getLong(),
        bytes.getInt(),
        filter(bytes.get(), bytes.getLong()),
        StandardCharsets.UTF_8.decode(bytes).toString());
  }

  String token() {
    byte[] name = streamName.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(FIXED_BYTES + name.length);
    bytes.putLong(createdMillis).putLong(streamCreatedMillis).putInt(lastIndex);
    putFilter(bytes);
    return OpaqueToken.seal(bytes.put(name).array());
  }

  private void putFilter(ByteBuffer bytes) {
    if (filter instanceof ShardFilter.AtTime at) {
      bytes.put((byte) 3).putLong(at.millis());
    } else if (filter instanceof ShardFilter.FromTime from) {
      bytes.put((byte) 4).putLong(from.millis());
    } else if (filter instanceof ShardFilter.AtLatest) {
      bytes.put((byte) 2).putLong(0);
    } else if (filter instanceof ShardFilter.AtTrimHorizon) {
      bytes.put((byte) 1).putLong(0);
    } else {
      // The last shard shown says at least as much as "after this shard" does.
      bytes.put((byte) 0).putLong(0);
    }
  }

  private static ShardFilter filter(byte kind, long millis) {
    return switch (kind) {
      case 1 -> new ShardFilter.AtTrimHorizon();
      case 2 -> new ShardFilter.AtLatest();
      case 3 -> new ShardFilter.AtTime(millis);
      case 4 -> new ShardFilter.FromTime(millis);
      default -> new ShardFilter.FromTrimHorizon();
    };
  }
}
