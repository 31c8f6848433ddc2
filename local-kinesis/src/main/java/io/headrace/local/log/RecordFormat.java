package io.headrace.local.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * How a record lies in a segment: the length of what follows the first eight bytes (4 bytes), the
 * CRC32C of the length and of what follows (4), the order (8), the time of arrival in milliseconds
 * (8), flags (1; the lowest bit says that the record counts as encrypted), the length of the
 * partition key (2), the key in UTF-8, the data. All numbers have their highest byte first.
 */
final class RecordFormat {
  static final int PREFIX_BYTES = 8;

  /** What a record takes beside its key and its data. */
  static final int OVERHEAD_BYTES = PREFIX_BYTES + 19;

  static final int RECORD_BYTES_MAX = 16 << 20;

  private static final int FIXED_BYTES = 19;
  private static final int ORDER_AT = 8;
  private static final int ARRIVAL_AT = 16;
  private static final int FLAGS_AT = 24;
  private static final int KEY_LENGTH_AT = 25;
  private static final int KEY_AT = 27;

  private static final int ENCRYPTED = 1;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private RecordFormat() {}

  /** The bytes that the record takes. */
  static int bytes(byte[] key, byte[] data) {
    return OVERHEAD_BYTES + key.length + data.length;
  }

  /** Writes the record; the array has room for it. */
  static void write(byte[] into, int at, StoredRecord record, byte[] key) {
    byte[] data = record.data();
    int length = FIXED_BYTES + key.length + data.length;
    INT.set(into, at, length);
    LONG.set(into, at + ORDER_AT, record.order());
    LONG.set(into, at + ARRIVAL_AT, record.arrivalMillis());
    into[at + FLAGS_AT] = (byte) (record.isEncrypted() ? ENCRYPTED : 0);
    into[at + KEY_LENGTH_AT] = (byte) (key.length >>> 8);
    into[at + KEY_LENGTH_AT + 1] = (byte) key.length;
    System.arraycopy(key, 0, into, at + KEY_AT, key.length);
    System.arraycopy(data, 0, into, at + KEY_AT + key.length, data.length);
    INT.set(into, at + 4, checksum(into, at, length));
  }

  /** The bytes that the record here says it takes, or -1 when no record says that. */
  static int bytesAt(byte[] from, int at) {
    int length = (int) INT.get(from, at);
    return length < FIXED_BYTES || length > RECORD_BYTES_MAX ? -1 : PREFIX_BYTES + length;
  }

  /** Whether the record here is as it was written; all of its bytes are in the array. */
  static boolean isSound(byte[] from, int at) {
    int length = (int) INT.get(from, at);
    return keyLength(from, at) <= length - FIXED_BYTES
        && (int) INT.get(from, at + 4) == checksum(from, at, length);
  }

  static long order(byte[] from, int at) {
    return (long) LONG.get(from, at + ORDER_AT);
  }

  static long arrivalMillis(byte[] from, int at) {
    return (long) LONG.get(from, at + ARRIVAL_AT);
  }

  static StoredRecord record(byte[] from, int at, ShardIdentity shard) {
    int length = (int) INT.get(from, at);
    int keyLength = keyLength(from, at);
    String key = new String(from, at + KEY_AT, keyLength, StandardCharsets.UTF_8);
    byte[] data = new byte[length - FIXED_BYTES - keyLength];
    System.arraycopy(from, at + KEY_AT + keyLength, data, 0, data.length);
    boolean encrypted = (from[at + FLAGS_AT] & ENCRYPTED) != 0;
    return new StoredRecord(shard, order(from, at), arrivalMillis(from, at), encrypted, key, data);
  }

  private static int keyLength(byte[] from, int at) {
    return (from[at + KEY_LENGTH_AT] & 0xff) << 8 | (from[at + KEY_LENGTH_AT + 1] & 0xff);
  }

  private static int checksum(byte[] bytes, int at, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, at, 4);
    crc.update(bytes, at + PREFIX_BYTES, length);
    return (int) crc.getValue();
  }
}
