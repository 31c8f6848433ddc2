package io.headrace.bench.fanout;

import io.headrace.function.Codec;

/** Hands the payload on as it is. */
public final class Bytes implements Codec<byte[]> {
  @Override
  public byte[] decode(byte[] bytes, int version) {
    return bytes;
  }

  @Override
  public byte[] encode(byte[] value) {
    return value;
  }
}
