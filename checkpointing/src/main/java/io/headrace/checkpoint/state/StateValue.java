package io.headrace.checkpoint.state;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A value as it is stored, and with it what it was decoded to, for as long as it is in memory. The
 * bytes are never changed; any thread may read.
 */
public final class StateValue {
  /** Turns the bytes of a value into what they stand for. */
  @FunctionalInterface
  public interface Decoding<T> {
    T decode(byte[] bytes, int codecVersion) throws Exception;
  }

  private final byte[] bytes;
  private final int codecVersion;
  private volatile @Nullable Object decoded;

  private StateValue(byte[] bytes, int codecVersion, @Nullable Object decoded) {
    if (codecVersion < 0) {
      throw new IllegalArgumentException(
          "codec version " + codecVersion + ": must not be negative");
    }
    this.bytes = bytes;
    this.codecVersion = codecVersion;
    this.decoded = decoded;
  }

  /**
   * A value without its object.
   *
   * @param bytes not copied
   * @param codecVersion of the codec that wrote them, at least 0
   */
  public static StateValue of(byte[] bytes, int codecVersion) {
    return new StateValue(bytes, codecVersion, null);
  }

  /** As {@link #of(byte[], int)}, with the object that was encoded. */
  public static StateValue of(byte[] bytes, int codecVersion, Object decoded) {
    return new StateValue(bytes, codecVersion, decoded);
  }

  /** Not copied: never change them. */
  public byte[] bytes() {
    return bytes;
  }

  public int codecVersion() {
    return codecVersion;
  }

  /**
   * What the bytes stand for; decoded once while the value is in memory. Always asked for the same
   * type, since one codec belongs to one kind of entry.
   */
  @SuppressWarnings("unchecked")
  public <T> T decoded(Decoding<T> decoding) throws Exception {
    var known = decoded;
    if (known == null) {
      known = decoding.decode(bytes, codecVersion);
      decoded = known;
    }
    return (T) known;
  }

  /** About what it takes of memory, with its object. */
  int weight() {
    return 2 * bytes.length + 64;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StateValue that
        && codecVersion == that.codecVersion
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Without the bytes, which never reach a log. */
  @Override
  public String toString() {
    return bytes.length + " bytes by codec version " + codecVersion;
  }
}
