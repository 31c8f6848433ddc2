package io.headrace.kcl.kinesis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Packs user records into one stream record as the Kinesis Producer Library does: the other side of
 * {@link Aggregate}. One thread; used for one aggregate.
 *
 * <p>The same records in the same order give the same bytes.
 */
final class AggregateWriter {
  private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
  private static final int DIGEST_BYTES = 16;

  /** A field's number and its wire type in one byte; all numbers of the format are below 16. */
  private static final int NUMBER = 0;

  private static final int BYTES = 2;

  /** Of lengths and indices below 2^28. */
  private static final int VARINT_BYTES_MAX = 4;

  /** Headers of the record, the index, the data, and the key, which has less than 2^14 bytes. */
  private static final int RECORD_OVERHEAD_BYTES = 3 * (1 + VARINT_BYTES_MAX) + 3;

  private static final int TAG_OVERHEAD_BYTES = 3 * (1 + VARINT_BYTES_MAX);

  /** What an aggregate has around its records. */
  static final int ENVELOPE_BYTES = MAGIC.length + DIGEST_BYTES;

  /** The position of each key in its table, in the order in which they came. */
  private final Map<String, Integer> keys = new LinkedHashMap<>();

  private final Map<String, Integer> hashKeys = new LinkedHashMap<>();
  private byte[] tables = new byte[64];
  private int tableBytes;
  private byte[] records = new byte[1024];
  private int recordBytes;

  /** A record without tags whose hash key is the MD5 of its partition key. */
  AggregateWriter add(String key, byte[] data) {
    return add(key, null, data, Map.of());
  }

  /**
   * Adds a record behind the others.
   *
   * @param hashKey decimal, where it is not the MD5 of the partition key
   * @param tags what readers hand over as headers
   */
  AggregateWriter add(String key, @Nullable String hashKey, byte[] data, Map<String, String> tags) {
    int keyIndex = index(keys, 1, key);
    int hashKeyIndex = hashKey == null ? -1 : index(hashKeys, 2, hashKey);
    byte[][] packedTags = tags.isEmpty() ? new byte[0][] : packed(tags);
    int content = sizeOfNumber(keyIndex) + sizeOfBytes(data.length);
    content += hashKeyIndex < 0 ? 0 : sizeOfNumber(hashKeyIndex);
    for (byte[] tag : packedTags) {
      content += sizeOfBytes(tag.length);
    }

    reserve(sizeOfBytes(content));
    int at = header(records, recordBytes, 3, BYTES);
    at = varint(records, at, content);
    at = header(records, at, 1, NUMBER);
    at = varint(records, at, keyIndex);
    if (hashKeyIndex >= 0) {
      at = header(records, at, 2, NUMBER);
      at = varint(records, at, hashKeyIndex);
    }
    at = field(records, at, 3, data);
    for (byte[] tag : packedTags) {
      at = field(records, at, 4, tag);
    }
    recordBytes = at;
    return this;
  }

  /** The aggregate of all that was added. */
  byte[] bytes() {
    var message = new byte[tableBytes + recordBytes];
    System.arraycopy(tables, 0, message, 0, tableBytes);
    System.arraycopy(records, 0, message, tableBytes, recordBytes);
    return sealed(message);
  }

  /** Magic and digest around a message. */
  static byte[] sealed(byte[] message) {
    var all = new byte[message.length + ENVELOPE_BYTES];
    System.arraycopy(MAGIC, 0, all, 0, MAGIC.length);
    System.arraycopy(message, 0, all, MAGIC.length, message.length);
    byte[] digest = md5(message);
    System.arraycopy(digest, 0, all, all.length - DIGEST_BYTES, DIGEST_BYTES);
    return all;
  }

  /** No record without a hash key of its own makes an aggregate larger by more than this. */
  static int addedBytesMax(int keyBytes, int dataBytes, Map<String, String> tags) {
    int bytes = keyBytes + dataBytes + RECORD_OVERHEAD_BYTES;
    for (var tag : tags.entrySet()) {
      // At most three bytes of UTF-8 for each char of a String.
      bytes += 3 * (tag.getKey().length() + tag.getValue().length()) + TAG_OVERHEAD_BYTES;
    }
    return bytes;
  }

  /** Whether readers would take these bytes for an aggregate if the rest of them fits. */
  static boolean looksLikeOne(byte[] data) {
    return data.length >= ENVELOPE_BYTES
        && Arrays.equals(data, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  private int index(Map<String, Integer> table, int number, String text) {
    Integer known = table.putIfAbsent(text, table.size());
    if (known != null) {
      return known;
    }
    byte[] bytes = text.getBytes(UTF_8);
    int needed = tableBytes + sizeOfBytes(bytes.length);
    if (needed > tables.length) {
      tables = Arrays.copyOf(tables, Math.max(needed, 2 * tables.length));
    }
    tableBytes = field(tables, tableBytes, number, bytes);
    return table.size() - 1;
  }

  private static byte[][] packed(Map<String, String> tags) {
    var packed = new byte[tags.size()][];
    int next = 0;
    // In the order of their names: a map's own order differs from one process to the next.
    for (var tag : (tags.size() > 1 ? new TreeMap<>(tags) : tags).entrySet()) {
      byte[] name = tag.getKey().getBytes(UTF_8);
      byte[] value = tag.getValue().getBytes(UTF_8);
      var bytes = new byte[sizeOfBytes(name.length) + sizeOfBytes(value.length)];
      int at = field(bytes, 0, 1, name);
      field(bytes, at, 2, value);
      packed[next++] = bytes;
    }
    return packed;
  }

  private void reserve(int bytes) {
    int needed = recordBytes + bytes;
    if (needed > records.length) {
      records = Arrays.copyOf(records, Math.max(needed, 2 * records.length));
    }
  }

  private static int field(byte[] out, int from, int number, byte[] content) {
    int at = header(out, from, number, BYTES);
    at = varint(out, at, content.length);
    System.arraycopy(content, 0, out, at, content.length);
    return at + content.length;
  }

  private static int header(byte[] out, int at, int number, int type) {
    out[at] = (byte) ((number << 3) | type);
    return at + 1;
  }

  private static int varint(byte[] out, int from, int value) {
    int at = from;
    int rest = value;
    while (rest > 0x7F) {
      out[at++] = (byte) ((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out[at++] = (byte) rest;
    return at;
  }

  private static int sizeOfNumber(int value) {
    return 1 + sizeOfVarint(value);
  }

  private static int sizeOfBytes(int length) {
    return 1 + sizeOfVarint(length) + length;
  }

  private static int sizeOfVarint(int value) {
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(value | 1);
    return (bits + 6) / 7;
  }

  private static byte[] md5(byte[] bytes) {
    try {
      return MessageDigest.getInstance("MD5").digest(bytes);
    } catch (NoSuchAlgorithmException absent) {
      throw new AssertionError("every JDK has MD5", absent);
    }
  }
}
