package io.headrace.checkpoint.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.HashRange;
import java.math.BigInteger;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Names one entry of a shard's state. Ordered by the hash of its partition key, so that the entries
 * of a hash range lie together, then by key and kind, then by the bytes of the suffix as unsigned
 * numbers. Immutable, for any thread.
 */
public final class EntryKey implements Comparable<EntryKey> {
  private static final byte[] NO_SUFFIX = new byte[0];
  static final int HASH_BYTES = 16;

  /** To find one takes as long as to hash with it; each is as new behind its digest. */
  private static final ThreadLocal<MessageDigest> MD5 = ThreadLocal.withInitial(EntryKey::md5);

  private final String partitionKey;
  private final String key;
  private final EntryKind kind;
  private final byte[] suffix;
  private final int hashCode;
  private final int weight;

  /** The key is the partition key, and is not compared again. */
  private final boolean plain;

  /** Made when it is first needed, as it costs an MD5: most look-ups end in memory. */
  private volatile byte @Nullable [] encoded;

  /** What a cache had under this very object, and may have still; null where none has. */
  private volatile @Nullable CachedEntry cached;

  private EntryKey(
      String partitionKey, String key, EntryKind kind, byte[] suffix, byte @Nullable [] encoded) {
    this.partitionKey = Objects.requireNonNull(partitionKey, "partitionKey");
    this.plain = key.equals(partitionKey);
    this.key = plain ? partitionKey : key;
    this.kind = Objects.requireNonNull(kind, "kind");
    this.suffix = suffix;
    this.encoded = encoded;
    this.hashCode =
        31 * (31 * (31 * partitionKey.hashCode() + key.hashCode()) + kind.code())
            + Arrays.hashCode(suffix);
    int text = plain ? partitionKey.length() : partitionKey.length() + key.length();
    this.weight = 3 * text + 2 * suffix.length + HASH_BYTES + 120;
  }

  /** An entry that its key and kind name. */
  public static EntryKey of(String partitionKey, String key, EntryKind kind) {
    return new EntryKey(partitionKey, key, kind, NO_SUFFIX, null);
  }

  /**
   * One of several entries of a key and kind.
   *
   * @param partitionKey decides which shard the entry belongs to
   * @param key equal to {@code partitionKey} where a function keeps no other
   * @param suffix tells entries of one key and kind apart; copied
   */
  public static EntryKey of(String partitionKey, String key, EntryKind kind, byte[] suffix) {
    return new EntryKey(partitionKey, key, kind, suffix.clone(), null);
  }

  public String partitionKey() {
    return partitionKey;
  }

  public String key() {
    return key;
  }

  public EntryKind kind() {
    return kind;
  }

  /** A copy. */
  public byte[] suffix() {
    return suffix.clone();
  }

  /** The hash of the partition key, by which shards are split. */
  BigInteger hash() {
    return new BigInteger(1, Arrays.copyOf(encoded(), HASH_BYTES));
  }

  boolean isIn(HashRange range) {
    return range.equals(HashRange.ALL) || range.holds(hash());
  }

  /** About what it takes of memory, encoded as well. */
  int weight() {
    return weight;
  }

  @Nullable CachedEntry cached() {
    return cached;
  }

  void cachedAs(CachedEntry entry) {
    cached = entry;
  }

  /** Hash, partition key, key, kind, suffix; never changed by the caller. */
  byte[] encoded() {
    var bytes = encoded;
    if (bytes == null) {
      bytes = encode();
      encoded = bytes;
    }
    return bytes;
  }

  private byte[] encode() {
    var out = new ByteWriter(partitionKey.length() + key.length() + suffix.length + 8);
    out.writeBytes(partitionKey.getBytes(UTF_8));
    if (plain) {
      out.writeLong(0);
    } else {
      var bytes = key.getBytes(UTF_8);
      out.writeLong(bytes.length + 1L);
      out.write(bytes, 0, bytes.length);
    }
    out.writeByte(kind.code());
    out.write(suffix, 0, suffix.length);
    return withHash(out.toBytes());
  }

  /**
   * Reads what {@link #encoded} wrote.
   *
   * @throws IllegalArgumentException when it is no such key
   */
  static EntryKey read(byte[] encoded) {
    var in = new ByteReader(encoded, HASH_BYTES, encoded.length);
    var partitionKey = new String(in.readBytes(), UTF_8);
    int length = in.readInt();
    var key = length == 0 ? partitionKey : new String(in.read(length - 1), UTF_8);
    var kind = EntryKind.of(in.readByte());
    return new EntryKey(partitionKey, key, kind, in.read(in.left()), encoded);
  }

  /**
   * An encoded key with the hash that it begins with.
   *
   * @param rest what follows the hash
   * @throws IllegalArgumentException when that is no key
   */
  static byte[] withHash(byte[] rest) {
    var in = new ByteReader(rest, 0, rest.length);
    int length = in.readInt();
    int from = in.at();
    in.skip(length);
    try {
      var md5 = MD5.get();
      md5.update(rest, from, length);
      byte[] key = new byte[HASH_BYTES + rest.length];
      md5.digest(key, 0, HASH_BYTES);
      System.arraycopy(rest, 0, key, HASH_BYTES, rest.length);
      return key;
    } catch (DigestException impossible) {
      throw new AssertionError("there is room for a hash", impossible);
    }
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException absent) {
      throw new AssertionError("every JDK has MD5", absent);
    }
  }

  @Override
  public int compareTo(EntryKey other) {
    return Arrays.compareUnsigned(encoded(), other.encoded());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EntryKey that
        && hashCode == that.hashCode
        && kind == that.kind
        && plain == that.plain
        && partitionKey.equals(that.partitionKey)
        && (plain || key.equals(that.key))
        && Arrays.equals(suffix, that.suffix);
  }

  @Override
  public int hashCode() {
    return hashCode;
  }

  /** Without the key, which may be personal data: its hash, as logs have it. */
  @Override
  public String toString() {
    return "key hash "
        + HashRange.hashOf(partitionKey + "\0" + key).toString(16)
        + ", "
        + kind.name().toLowerCase(Locale.ROOT);
  }
}
