package io.headrace.kcl;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The keys of a shard: those whose MD5, read as an unsigned 128-bit number, lies between {@code
 * first} and {@code last}, both included (<a
 * href="https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html">Kinesis key
 * concepts</a>). Streams that do not split by hash use {@link #ALL}.
 */
public record HashRange(BigInteger first, BigInteger last) {
  /** Every key: 0 to 2^128 - 1. */
  public static final HashRange ALL =
      new HashRange(BigInteger.ZERO, BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE));

  public HashRange {
    if (first.signum() < 0 || first.compareTo(last) > 0) {
      throw new IllegalArgumentException("hash range " + first + " to " + last + " is empty");
    }
  }

  /** Whether a partition key belongs to this range. */
  public boolean holds(String partitionKey) {
    return holds(hashOf(partitionKey));
  }

  /** Whether a hash key belongs to this range. */
  public boolean holds(BigInteger hashKey) {
    return first.compareTo(hashKey) <= 0 && hashKey.compareTo(last) <= 0;
  }

  /** MD5 of the key's UTF-8 bytes as an unsigned number. */
  public static BigInteger hashOf(String partitionKey) {
    try {
      var md5 = MessageDigest.getInstance("MD5");
      return new BigInteger(1, md5.digest(partitionKey.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException absent) {
      throw new AssertionError("every JDK has MD5", absent);
    }
  }
}
