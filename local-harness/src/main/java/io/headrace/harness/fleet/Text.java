package io.headrace.harness.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.Codec;

/** Texts as they are. */
final class Text implements Codec<String> {
  @Override
  public String decode(byte[] bytes, int version) {
    return new String(bytes, UTF_8);
  }

  @Override
  public byte[] encode(String value) {
    return value.getBytes(UTF_8);
  }
}
