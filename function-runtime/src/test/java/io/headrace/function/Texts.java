package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Plain text; {@code bad...} can't be decoded, {@code unwritable} can't be encoded. */
record Texts() implements Codec<String> {
  @Override
  public String decode(byte[] bytes, int version) {
    var text = new String(bytes, UTF_8);
    if (text.startsWith("bad")) {
      throw new IllegalArgumentException("text: begins badly");
    }
    return text;
  }

  @Override
  public byte[] encode(String value) {
    if (value.equals("unwritable")) {
      throw new IllegalArgumentException("text: is unwritable");
    }
    return value.getBytes(UTF_8);
  }
}
