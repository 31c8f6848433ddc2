package io.headrace.local.log;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Where to start looking in a segment: every so many bytes one entry, which promises that all
 * records before its offset have a lower order and arrived no later, and that no record from there
 * on has a lower order or arrived earlier. The shard's log guards every call.
 *
 * <p>It is also kept in a file beside the segment, so that a start need not read the records: a
 * magic word of eight bytes that ends in the version, then 24 bytes an entry: order (8), arrival
 * (8), offset (4), CRC32C of these (4). An entry whose offset has its highest bit set says besides
 * that the segment was sound up to there when the server left it. The file is a hint that can be
 * lost: what it lacks is found by reading the segment.
 */
final class SegmentIndex {
  static final int INTERVAL_BYTES = 32 << 10;

  private static final byte[] MAGIC = "HRINDEX\1".getBytes(StandardCharsets.ISO_8859_1);
  private static final int ENTRY_BYTES = 24;
  private static final int SOUND = 1 << 31;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private long[] orders = new long[4];
  private long[] arrivals = new long[4];
  private int[] offsets = new int[4];
  private int size;
  private int inFile;

  int size() {
    return size;
  }

  int notInFile() {
    return size - inFile;
  }

  /** Whether a record at this offset should have an entry. */
  boolean wants(int offset) {
    return size == 0 || offset - lastOffset() >= INTERVAL_BYTES;
  }

  void add(long order, long arrivalMillis, int offset) {
    put(order, arrivalMillis, offset);
  }

  /** Adds an entry that says that the segment is sound up to its end. */
  void addSound(long end, long lastArrivalMillis, int offset) {
    if (size > 0 && offsets[size - 1] == (offset | SOUND)) {
      return;
    }
    put(end, lastArrivalMillis, offset | SOUND);
  }

  int lastOffset() {
    return offsets[size - 1] & ~SOUND;
  }

  long lastOrder() {
    return orders[size - 1];
  }

  long lastArrivalMillis() {
    return arrivals[size - 1];
  }

  long firstArrivalMillis() {
    return arrivals[0];
  }

  /** The offset below which the server once knew every record to be sound. */
  int soundUpTo() {
    for (int i = size - 1; i >= 0; i--) {
      if (offsets[i] < 0) {
        return offsets[i] & ~SOUND;
      }
    }
    return 0;
  }

  /** Whether the last entry says that the segment is sound up to its offset. */
  boolean endsSound() {
    return size > 0 && offsets[size - 1] < 0;
  }

  /** An offset before which every record has a lower order; as far on as is known. */
  int offsetOfOrder(long order, int otherwise) {
    int low = firstAbove(orders, order);
    return low == 0 ? otherwise : offsets[low - 1] & ~SOUND;
  }

  /** An offset before which every record arrived earlier; as far on as is known. */
  int offsetOfArrival(long arrivalMillis, int otherwise) {
    int low = firstAbove(arrivals, arrivalMillis - 1);
    return low == 0 ? otherwise : offsets[low - 1] & ~SOUND;
  }

  void clear() {
    size = 0;
    inFile = 0;
  }

  /**
   * Reads the file's entries as far as they make sense for a segment of this size.
   *
   * @return false when the file told of records that the segment no longer has
   */
  boolean load(Disk disk, Path file, int headerBytes, long segmentBytes) throws IOException {
    clear();
    if (!disk.isFile(file)) {
      return true;
    }
    boolean isWhole = true;
    try (DiskFile open = disk.open(file)) {
      byte[] bytes = new byte[(int) Math.min(open.size(), 16 << 20)];
      int length = open.read(0, bytes, 0, bytes.length);
      boolean isOurs =
          length >= MAGIC.length && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
      int at = MAGIC.length;
      while (isOurs && at + ENTRY_BYTES <= length && isSound(bytes, at)) {
        long order = (long) LONG.get(bytes, at);
        long arrival = (long) LONG.get(bytes, at + 8);
        int offset = (int) INT.get(bytes, at + 16);
        int plain = offset & ~SOUND;
        if (plain > segmentBytes) {
          isWhole &= offset >= 0;
          break;
        }
        boolean follows =
            size == 0
                ? plain >= headerBytes
                : plain >= lastOffset() && order >= lastOrder() && arrival >= lastArrivalMillis();
        if (!follows) {
          break;
        }
        put(order, arrival, offset);
        at += ENTRY_BYTES;
      }
      inFile = size;
      open.truncate(isOurs ? at : 0);
    }
    return isWhole;
  }

  /** Adds to the file what it lacks. */
  void save(Disk disk, Path file) throws IOException {
    byte[] bytes = new byte[MAGIC.length + notInFile() * ENTRY_BYTES];
    System.arraycopy(MAGIC, 0, bytes, 0, MAGIC.length);
    int at = MAGIC.length;
    for (int i = inFile; i < size; i++) {
      LONG.set(bytes, at, orders[i]);
      LONG.set(bytes, at + 8, arrivals[i]);
      INT.set(bytes, at + 16, offsets[i]);
      INT.set(bytes, at + 20, checksum(bytes, at));
      at += ENTRY_BYTES;
    }
    try (DiskFile open = disk.open(file)) {
      if (inFile == 0) {
        open.truncate(0);
        open.write(0, bytes, 0, at);
      } else {
        long end = MAGIC.length + (long) inFile * ENTRY_BYTES;
        open.write(end, bytes, MAGIC.length, at - MAGIC.length);
      }
    }
    inFile = size;
  }

  private void put(long order, long arrivalMillis, int offset) {
    if (size == orders.length) {
      orders = Arrays.copyOf(orders, size * 2);
      arrivals = Arrays.copyOf(arrivals, size * 2);
      offsets = Arrays.copyOf(offsets, size * 2);
    }
    orders[size] = order;
    arrivals[size] = arrivalMillis;
    offsets[size] = offset;
    size++;
  }

  private int firstAbove(long[] values, long value) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (values[middle] <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static boolean isSound(byte[] bytes, int at) {
    return (int) INT.get(bytes, at + 20) == checksum(bytes, at);
  }

  private static int checksum(byte[] bytes, int at) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, at, 20);
    return (int) crc.getValue();
  }
}
