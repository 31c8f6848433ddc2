package io.headrace.acceptance.fanout;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.headrace.function.Codec;

/** A record of the course: the key's {@code number}-th, from 0. */
record Numbered(String key, int number) {
  /** So large that a second of a shard does not fit what HTTP/2 lets through unread. */
  private static final int BYTES = 10_000;

  /** Key, number and spaces up to the size. */
  static final class Text implements Codec<Numbered> {
    @Override
    public Numbered decode(byte[] bytes, int version) {
      var words = new String(bytes, US_ASCII).trim().split(" ", -1);
      return new Numbered(words[0], Integer.parseInt(words[1]));
    }

    @Override
    public byte[] encode(Numbered value) {
      var text = value.key + " " + value.number;
      return (text + " ".repeat(BYTES - text.length())).getBytes(US_ASCII);
    }
  }
}
