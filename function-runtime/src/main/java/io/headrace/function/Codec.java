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

  /** The oldest version that {@link #encode(Object, int)} writes. */
  default int oldestWritten() {
    return version();
  }

  /**
   * Writes an older version, for workers of the former deployment: during a roll state is written
   * in the newest version that all of them read.
   *
   * @param version from {@link #oldestWritten} to {@link #version}
   */
  default byte[] encode(T value, int version) throws Exception {
    if (version != version()) {
      throw new IllegalArgumentException(
          "version " + version + ": this codec writes only version " + version());
    }
    return encode(value);
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
