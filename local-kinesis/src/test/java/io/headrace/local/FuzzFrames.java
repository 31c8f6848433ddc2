package io.headrace.local;

import static io.headrace.local.RawHttp2.frame;
import static io.headrace.local.RawHttp2.head;
import static io.headrace.local.RawHttp2.number;
import static io.headrace.local.RawHttp2.setting;

import java.util.Map;
import java.util.random.RandomGenerator;

/** Frames of HTTP/2: sequences of good ones that make no sense, and bytes that are none. */
final class FuzzFrames {
  private static final int[] WINDOWS = {0, 1, 100, 16_384, 65_535, 524_288, 0x7fffffff, 0x80000000};
  private static final int[] SIZES = {0, 1, 1_000, 65_535, 0x7fffffff, 0x80000000};

  private FuzzFrames() {}

  static byte[] settings(RandomGenerator random) {
    return random.nextInt(3) == 0 ? new byte[0] : setting(4, WINDOWS[random.nextInt(7)]);
  }

  /** A subscription on a stream, as a client begins it. */
  static byte[] subscription(int stream, byte[] body) {
    return Mutations.joined(
        frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, stream, head("SubscribeToShard", Map.of())),
        frame(RawHttp2.DATA, RawHttp2.END_STREAM, stream, body));
  }

  /** A frame that a client might send about one of so many subscriptions, if not just now. */
  static byte[] likely(RandomGenerator random, int streams, byte[] body) {
    int stream = 1 + 2 * random.nextInt(streams);
    return switch (random.nextInt(9)) {
      case 0, 1, 2 ->
          frame(RawHttp2.WINDOW_UPDATE, 0, stream, number(SIZES[1 + random.nextInt(3)]));
      case 3 -> frame(RawHttp2.WINDOW_UPDATE, 0, 0, number(1 + random.nextInt(100_000)));
      case 4 -> frame(RawHttp2.RESET, 0, stream, number(random.nextInt(16)));
      case 5 ->
          frame(RawHttp2.SETTINGS, 0, 0, setting(4, WINDOWS[random.nextInt(WINDOWS.length - 2)]));
      case 6 -> frame(RawHttp2.PING, 0, 0, new byte[8]);
      case 7 -> frame(RawHttp2.PRIORITY, 0, stream, new byte[] {0, 0, 0, 0, 1});
      default -> subscription(2 * random.nextInt(20) + 41, body);
    };
  }

  /** A frame that no client would send, or not about this stream. */
  static byte[] odd(RandomGenerator random, int streams) {
    int stream = random.nextInt(10) == 0 ? random.nextInt(40) : 1 + 2 * random.nextInt(streams);
    return switch (random.nextInt(6)) {
      case 0 ->
          frame(RawHttp2.WINDOW_UPDATE, 0, stream, number(SIZES[random.nextInt(SIZES.length)]));
      case 1 ->
          frame(
              RawHttp2.SETTINGS,
              random.nextInt(2),
              stream == 1 ? 1 : 0,
              setting(1 + random.nextInt(8), WINDOWS[random.nextInt(WINDOWS.length)]));
      case 2 -> frame(RawHttp2.PING, 1, stream == 1 ? 1 : 0, new byte[8]);
      case 3 -> frame(RawHttp2.DATA, random.nextInt(2), stream, new byte[random.nextInt(30)]);
      case 4 ->
          frame(
              RawHttp2.HEADERS,
              random.nextInt(2) == 0 ? 5 : 4,
              stream,
              head("ListStreams", Map.of()));
      // Its length stays true, or all that follows would be a part of it.
      default ->
          frame(
              random.nextInt(12),
              random.nextInt(256),
              stream,
              Mutations.bytes(number(random.nextInt()), random));
    };
  }

  /** A whole session, as one string of bytes to be spoilt. */
  static byte[] session(RandomGenerator random, byte[] body) {
    return Mutations.joined(
        RawHttp2.PREFACE,
        frame(RawHttp2.SETTINGS, 0, 0, setting(4, 65_535)),
        frame(RawHttp2.SETTINGS, RawHttp2.ACK, 0),
        frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, head("ListStreams", Map.of("a", "b"))),
        frame(
            RawHttp2.DATA,
            RawHttp2.END_STREAM,
            1,
            "{}".getBytes(java.nio.charset.StandardCharsets.US_ASCII)),
        frame(RawHttp2.PING, 0, 0, new byte[8]),
        subscription(3, body),
        frame(RawHttp2.WINDOW_UPDATE, 0, 3, number(1 + random.nextInt(100))),
        frame(RawHttp2.RESET, 0, 3, number(8)));
  }
}
