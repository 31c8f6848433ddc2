package io.headrace.function;

/**
 * Turns values into bytes and back. Called on the invocation pool, by several threads at once.
 *
 * @param <T> the value's type
 */
public interface Codec<T> {
  /**
   * @param version of the codec that wrote the bytes; records of a stream carry none and come with
   *     {@link #version()}
   * @throws Exception when the bytes are not such a value: the message names the field, never the
   *     payload
   */
  T decode(byte[] bytes, int version) throws Exception;

  byte[] encode(T value) throws Exception;

  /** The version that {@link #encode} writes; kept with state. */
  default int version() {
    return 1;
  }

  /** Bytes as they are: for functions that read the payload by themselves. Never copied. */
  static Codec<byte[]> bytes() {
    return new Codec<>() {
      @Override
      public byte[] decode(byte[] bytes, int version) {
        return bytes;
      }

      @Override
      public byte[] encode(byte[] value) {
        return value;
      }
    };
  }
}
