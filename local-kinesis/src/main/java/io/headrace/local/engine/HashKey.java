package io.headrace.local.engine;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A place on the ring of hash keys: an unsigned number of 128 bits. Immutable. */
public record HashKey(long high, long low) implements Comparable<HashKey> {
  static final HashKey MIN = new HashKey(0, 0);
  static final HashKey MAX = new HashKey(-1, -1);
  static final BigInteger COUNT = BigInteger.ONE.shiftLeft(128);

  // Looking the algorithm up costs as much as a short digest, hence one instance for each thread.
  private static final ThreadLocal<MessageDigest> MD5 = ThreadLocal.withInitial(HashKey::md5);

  /** Where the service puts a record of this partition key: MD5 of its UTF-8 bytes. */
  static HashKey ofPartitionKey(String partitionKey) {
    byte[] digest = MD5.get().digest(partitionKey.getBytes(StandardCharsets.UTF_8));
    return new HashKey(longAt(digest, 0), longAt(digest, 8));
  }

  /**
   * The key written in decimal.
   *
   * @throws IllegalArgumentException when the number needs more than 128 bits
   */
  public static HashKey parse(String decimal) {
    return of(new BigInteger(decimal));
  }

  static HashKey of(BigInteger number) {
    if (number.signum() < 0 || number.bitLength() > 128) {
      throw new IllegalArgumentException("hash key not in [0, 2^128-1]: " + number);
    }
    return new HashKey(number.shiftRight(64).longValue(), number.longValue());
  }

  public BigInteger number() {
    BigInteger upper = new BigInteger(Long.toUnsignedString(high)).shiftLeft(64);
    return upper.add(new BigInteger(Long.toUnsignedString(low)));
  }

  /** The key one below. */
  HashKey previous() {
    return new HashKey(low == 0 ? high - 1 : high, low - 1);
  }

  @Override
  public int compareTo(HashKey other) {
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  @Override
  public String toString() {
    return number().toString();
  }

  private static long longAt(byte[] bytes, int offset) {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value = (value << 8) | (bytes[offset + i] & 0xff);
    }
    return value;
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has MD5", e);
    }
  }
}
