package io.headrace.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.Codec;

/** Text as it is; refuses what begins with {@code !}. */
final class Texts implements Codec<String> {
  @Override
  public String decode(byte[] bytes, int version) {
    var text = new String(bytes, UTF_8);
    if (text.startsWith("!")) {
      throw new IllegalArgumentException("a text must not begin with an exclamation mark");
    }
    return text;
  }

  @Override
  public byte[] encode(String value) {
    return value.getBytes(UTF_8);
  }
}
