package io.headrace.local.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Neighbouring records of a shard in one array. As objects of their own they would take half as
 * much again, and a collection of garbage would have to look at each of them. The shard's log
 * guards every call.
 *
 * <p>A record lies here as the distance of its order from the chunk's first (4 bytes), that of its
 * arrival (4), the length of its data (4), the length of its key (2; the highest bit says that the
 * record counts as encrypted), the key in UTF-8, the data.
 */
final class RecordChunk {
  /** What a record takes beside its key and its data. */
  static final int OVERHEAD_BYTES = 14;

  // Large enough that a chunk costs nothing beside its records, small enough that what one shard
  // holds in vain is nothing beside a put.
  private static final int BYTES_MAX = 64 * 1024;
  private static final int BYTES_MIN = 1024;
  private static final int ARRIVAL_AT = 4;
  private static final int DATA_LENGTH_AT = 8;
  private static final int KEY_LENGTH_AT = 12;
  private static final int KEY_BYTES_MAX = Short.MAX_VALUE;
  private static final int ENCRYPTED = 0x8000;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  private final ShardIdentity shard;
  private final long firstOrder;
  private final long firstArrivalMillis;
  private byte[] bytes;
  private int start;
  private int end;
  private long lastOrder;
  private long lastArrivalMillis;

  /** A chunk that will begin with the record; it has to be appended. */
  RecordChunk(ShardIdentity shard, StoredRecord first, int recordBytes) {
    this.shard = shard;
    this.firstOrder = first.order();
    this.firstArrivalMillis = first.arrivalMillis();
    this.lastOrder = firstOrder;
    this.lastArrivalMillis = firstArrivalMillis;
    this.bytes = new byte[recordBytes > BYTES_MAX / 2 ? recordBytes : BYTES_MIN];
  }

  /** The key as it is kept. */
  static byte[] key(StoredRecord record) {
    byte[] key = record.partitionKey().getBytes(StandardCharsets.UTF_8);
    if (key.length > KEY_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a key has at most " + KEY_BYTES_MAX + " bytes, and this one " + key.length);
    }
    return key;
  }

  static int bytes(byte[] key, StoredRecord record) {
    return OVERHEAD_BYTES + key.length + record.data().length;
  }

  /** Whether the record can follow here, where this is the last chunk. */
  boolean hasRoomFor(StoredRecord record, int recordBytes) {
    return recordBytes <= Math.max(bytes.length, BYTES_MAX) - end
        && record.order() - firstOrder <= Integer.MAX_VALUE
        && record.arrivalMillis() - firstArrivalMillis <= Integer.MAX_VALUE;
  }

  void append(StoredRecord record, byte[] key) {
    int recordBytes = bytes(key, record);
    if (bytes.length - end < recordBytes) {
      int doubled = Math.min(BYTES_MAX, Math.max(bytes.length * 2, end + recordBytes));
      bytes = Arrays.copyOf(bytes, Math.max(doubled, end + recordBytes));
    }
    byte[] data = record.data();
    INT.set(bytes, end, (int) (record.order() - firstOrder));
    INT.set(bytes, end + ARRIVAL_AT, (int) (record.arrivalMillis() - firstArrivalMillis));
    INT.set(bytes, end + DATA_LENGTH_AT, data.length);
    int keyAndFlag = record.isEncrypted() ? key.length | ENCRYPTED : key.length;
    SHORT.set(bytes, end + KEY_LENGTH_AT, (short) keyAndFlag);
    System.arraycopy(key, 0, bytes, end + OVERHEAD_BYTES, key.length);
    System.arraycopy(data, 0, bytes, end + OVERHEAD_BYTES + key.length, data.length);
    end += recordBytes;
    lastOrder = record.order();
    lastArrivalMillis = record.arrivalMillis();
  }

  /** Gives back the room that is not used: nothing follows here. */
  void seal() {
    if (bytes.length - end > bytes.length / 16) {
      bytes = Arrays.copyOf(bytes, end);
    }
  }

  long lastOrder() {
    return lastOrder;
  }

  long lastArrivalMillis() {
    return lastArrivalMillis;
  }

  /** The bytes of the records that are still here. */
  int heldBytes() {
    return end - start;
  }

  /** Hands over records from a position on, until the reading is full; false when it is. */
  boolean read(long position, Reading reading) {
    int at = start;
    while (at < end && order(at) < position) {
      at = next(at);
    }
    while (at < end) {
      if (!reading.offer(record(at))) {
        return false;
      }
      at = next(at);
    }
    return true;
  }

  /** The order of the first record that arrived then or later; the last one here did. */
  long orderAt(long arrivalMillis) {
    int at = start;
    while (arrivalMillis(at) < arrivalMillis) {
      at = next(at);
    }
    return order(at);
  }

  /** Forgets the records that arrived before; answers how many bytes they had. */
  int trimBefore(long arrivalMillis) {
    int before = start;
    while (start < end && arrivalMillis(start) < arrivalMillis) {
      start = next(start);
    }
    return start - before;
  }

  private long order(int at) {
    return firstOrder + (int) INT.get(bytes, at);
  }

  private long arrivalMillis(int at) {
    return firstArrivalMillis + (int) INT.get(bytes, at + ARRIVAL_AT);
  }

  private int next(int at) {
    return at + OVERHEAD_BYTES + keyLength(at) + (int) INT.get(bytes, at + DATA_LENGTH_AT);
  }

  private int keyLength(int at) {
    return (short) SHORT.get(bytes, at + KEY_LENGTH_AT) & ~ENCRYPTED & 0xffff;
  }

  private StoredRecord record(int at) {
    int keyLength = keyLength(at);
    int keyAt = at + OVERHEAD_BYTES;
    boolean encrypted = ((short) SHORT.get(bytes, at + KEY_LENGTH_AT) & ENCRYPTED) != 0;
    String key = new String(bytes, keyAt, keyLength, StandardCharsets.UTF_8);
    int dataAt = keyAt + keyLength;
    byte[] data =
        Arrays.copyOfRange(bytes, dataAt, dataAt + (int) INT.get(bytes, at + DATA_LENGTH_AT));
    return new StoredRecord(shard, order(at), arrivalMillis(at), encrypted, key, data);
  }
}
