package io.headrace.local.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A shard's records on the heap, in a ring that doubles when it is full. Guarded as {@link
 * ShardLog} says.
 */
public final class MemoryShardLog implements ShardLog {
  private static final int CAPACITY_MIN = 16;

  private final ByteBudget budget;
  // The length is a power of two, so that a place in the ring is a mask away.
  private @Nullable StoredRecord[] ring = new StoredRecord[CAPACITY_MIN];
  private int head;
  private int size;
  private long end;
  private long lastArrivalMillis;

  public MemoryShardLog(ByteBudget budget) {
    this.budget = budget;
  }

  @Override
  public void offer(StoredRecord record) {
    if (!budget.tryTake(record.heapBytes())) {
      throw new LogFailure(
          "The local server holds %d bytes of records, and its limit memoryBytesMax is %d."
              .formatted(budget.bytes(), budget.bytesMax()));
    }
    if (size == ring.length) {
      grow();
    }
    ring[(head + size) & (ring.length - 1)] = record;
    size++;
    end = record.order() + 1;
    lastArrivalMillis = record.arrivalMillis();
  }

  @Override
  public void commit() {
    // Nothing outlives the process, and offering had all that can fail.
  }

  @Override
  public List<StoredRecord> read(long position, int recordsMax, long bytesMax) {
    int first = firstAtOrAbove(position);
    int count = Math.min(size - first, recordsMax);
    List<StoredRecord> records = new ArrayList<>(count);
    long bytes = 0;
    for (int i = first; i < first + count; i++) {
      StoredRecord record = at(i);
      bytes += record.payloadBytes();
      if (bytes > bytesMax && !records.isEmpty()) {
        break;
      }
      records.add(record);
    }
    return records;
  }

  @Override
  public boolean hasFrom(long position) {
    return size > 0 && at(size - 1).order() >= position;
  }

  @Override
  public long positionAt(long arrivalMillis) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (at(middle).arrivalMillis() < arrivalMillis) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < size ? at(low).order() : end;
  }

  @Override
  public long end() {
    return end;
  }

  @Override
  public long lastArrivalMillis() {
    return lastArrivalMillis;
  }

  @Override
  public void trimBefore(long arrivalMillis) {
    while (size > 0 && at(0).arrivalMillis() < arrivalMillis) {
      removeFirst();
    }
  }

  @Override
  public void clear() {
    while (size > 0) {
      removeFirst();
    }
    ring = new StoredRecord[CAPACITY_MIN];
    head = 0;
  }

  private void removeFirst() {
    budget.giveBack(at(0).heapBytes());
    ring[head] = null;
    head = (head + 1) & (ring.length - 1);
    size--;
  }

  private int firstAtOrAbove(long position) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (at(middle).order() < position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private StoredRecord at(int index) {
    StoredRecord record = ring[(head + index) & (ring.length - 1)];
    if (record == null) {
      throw new IllegalStateException("no record at " + index + " of " + size);
    }
    return record;
  }

  private void grow() {
    @Nullable StoredRecord[] larger = Arrays.copyOfRange(ring, head, head + ring.length * 2);
    System.arraycopy(ring, 0, larger, ring.length - head, head);
    ring = larger;
    head = 0;
  }
}
