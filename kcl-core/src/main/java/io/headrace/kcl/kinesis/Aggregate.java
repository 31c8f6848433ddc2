package io.headrace.kcl.kinesis;

import io.headrace.kcl.HashRange;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Several user records that a producer packed into one stream record, in the format of the Kinesis
 * Producer Library (<a
 * href="https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md">aggregation
 * format</a>): four magic bytes, a protobuf message, and the MD5 of the message.
 *
 * <p>Unpacking is a pure function of the bytes, so that a record has the same sub-records, under
 * the same indices, whenever it is read. Bytes that carry the magic but not a right digest and a
 * sound message are no aggregate: they are one plain record, always, and nothing is lost.
 *
 * @param records at least one
 */
record Aggregate(List<SubRecord> records) {
  private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
  private static final int DIGEST_BYTES = 16;

  private static final int VARINT = 0;
  private static final int BYTES = 2;

  /** What Kinesis takes as an explicit hash key. */
  private static final Pattern HASH_KEY = Pattern.compile("0|[1-9][0-9]{0,38}");

  /**
   * One user record of an aggregate.
   *
   * @param hashKey by which the producer meant it to be placed: the explicit one where given, else
   *     the MD5 of the partition key
   * @param tags the producer's headers, mostly none
   */
  record SubRecord(
      String partitionKey, BigInteger hashKey, byte[] data, Map<String, String> tags) {}

  /** The aggregate in these bytes, or null when they are one plain record. */
  static @Nullable Aggregate unpack(byte[] bytes) {
    if (!hasMagic(bytes)) {
      return null;
    }
    int end = bytes.length - DIGEST_BYTES;
    byte[] digest = md5(bytes, MAGIC.length, end);
    if (!Arrays.equals(digest, 0, DIGEST_BYTES, bytes, end, bytes.length)) {
      return null;
    }
    try {
      List<SubRecord> records = message(ByteBuffer.wrap(bytes, MAGIC.length, end - MAGIC.length));
      return records.isEmpty() ? null : new Aggregate(records);
    } catch (Damaged damaged) {
      return null;
    }
  }

  private static boolean hasMagic(byte[] bytes) {
    return bytes.length >= MAGIC.length + DIGEST_BYTES
        && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /** AggregatedRecord: 1 = partition keys, 2 = explicit hash keys, 3 = records. */
  private static List<SubRecord> message(ByteBuffer in) throws Damaged {
    var keys = new ArrayList<String>();
    var hashKeys = new ArrayList<BigInteger>();
    var packed = new ArrayList<ByteBuffer>();
    while (in.hasRemaining()) {
      long tag = varint(in);
      switch (fieldOf(tag)) {
        case 1 -> keys.add(text(bytes(in, tag)));
        case 2 -> hashKeys.add(hashKey(text(bytes(in, tag))));
        case 3 -> packed.add(bytes(in, tag));
        default -> skip(in, tag);
      }
    }
    // The tables may stand behind the records, so records are read when both are whole.
    var hashes = new BigInteger[keys.size()];
    var records = new ArrayList<SubRecord>(packed.size());
    for (ByteBuffer record : packed) {
      records.add(subRecord(record, keys, hashKeys, hashes));
    }
    return records;
  }

  /** Record: 1 = index of the partition key, 2 = index of the hash key, 3 = data, 4 = tags. */
  private static SubRecord subRecord(
      ByteBuffer in, List<String> keys, List<BigInteger> hashKeys, BigInteger[] hashes)
      throws Damaged {
    long keyIndex = -1;
    long hashKeyIndex = -1;
    ByteBuffer data = null;
    Map<String, String> tags = Map.of();
    while (in.hasRemaining()) {
      long tag = varint(in);
      switch (fieldOf(tag)) {
        case 1 -> keyIndex = index(in, tag, keys.size());
        case 2 -> hashKeyIndex = index(in, tag, hashKeys.size());
        case 3 -> data = bytes(in, tag);
        case 4 -> {
          tags = tags.isEmpty() ? new LinkedHashMap<>() : tags;
          putTag(bytes(in, tag), tags);
        }
        default -> skip(in, tag);
      }
    }
    if (keyIndex < 0 || data == null) {
      throw new Damaged();
    }
    String key = keys.get((int) keyIndex);
    var copy = new byte[data.remaining()];
    data.get(copy);
    if (hashKeyIndex >= 0) {
      return new SubRecord(key, hashKeys.get((int) hashKeyIndex), copy, tags);
    }
    // Hashing costs more than all the rest, and most sub-records share a few keys.
    BigInteger hash = hashes[(int) keyIndex];
    if (hash == null) {
      hash = HashRange.hashOf(key);
      hashes[(int) keyIndex] = hash;
    }
    return new SubRecord(key, hash, copy, tags);
  }

  /** Tag: 1 = key, 2 = value, which may be left out. */
  private static void putTag(ByteBuffer in, Map<String, String> tags) throws Damaged {
    String key = null;
    String value = "";
    while (in.hasRemaining()) {
      long tag = varint(in);
      switch (fieldOf(tag)) {
        case 1 -> key = text(bytes(in, tag));
        case 2 -> value = text(bytes(in, tag));
        default -> skip(in, tag);
      }
    }
    if (key == null) {
      throw new Damaged();
    }
    tags.put(key, value);
  }

  private static int fieldOf(long tag) throws Damaged {
    long field = tag >>> 3;
    if (field < 1 || field > 0x1FFF_FFFF) {
      throw new Damaged();
    }
    return (int) field;
  }

  private static long index(ByteBuffer in, long tag, int size) throws Damaged {
    if ((tag & 7) != VARINT) {
      throw new Damaged();
    }
    long index = varint(in);
    if (index < 0 || index >= size) {
      throw new Damaged();
    }
    return index;
  }

  private static ByteBuffer bytes(ByteBuffer in, long tag) throws Damaged {
    if ((tag & 7) != BYTES) {
      throw new Damaged();
    }
    long length = varint(in);
    if (length < 0 || length > in.remaining()) {
      throw new Damaged();
    }
    ByteBuffer part = in.slice(in.position(), (int) length);
    in.position(in.position() + (int) length);
    return part;
  }

  /** A field that a later version of the format may add. */
  private static void skip(ByteBuffer in, long tag) throws Damaged {
    int bytes =
        switch ((int) (tag & 7)) {
          case VARINT -> {
            varint(in);
            yield 0;
          }
          case 1 -> 8;
          case BYTES -> {
            bytes(in, tag);
            yield 0;
          }
          case 5 -> 4;
          default -> throw new Damaged();
        };
    if (bytes > in.remaining()) {
      throw new Damaged();
    }
    in.position(in.position() + bytes);
  }

  private static long varint(ByteBuffer in) throws Damaged {
    long value = 0;
    for (int shift = 0; shift < 64 && in.hasRemaining(); shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new Damaged();
  }

  private static String text(ByteBuffer in) throws Damaged {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(in).toString();
    } catch (CharacterCodingException notUtf8) {
      throw new Damaged();
    }
  }

  private static BigInteger hashKey(String text) throws Damaged {
    if (!HASH_KEY.matcher(text).matches()) {
      throw new Damaged();
    }
    var hashKey = new BigInteger(text);
    if (!HashRange.ALL.holds(hashKey)) {
      throw new Damaged();
    }
    return hashKey;
  }

  private static byte[] md5(byte[] bytes, int from, int to) {
    try {
      var md5 = MessageDigest.getInstance("MD5");
      md5.update(bytes, from, to - from);
      return md5.digest();
    } catch (NoSuchAlgorithmException absent) {
      throw new AssertionError("every JDK has MD5", absent);
    }
  }

  /** The message breaks the format. Never leaves this class, and so needs no trace. */
  private static final class Damaged extends Exception {
    private static final long serialVersionUID = 1;

    Damaged() {
      super("damaged", null, false, false);
    }
  }
}
