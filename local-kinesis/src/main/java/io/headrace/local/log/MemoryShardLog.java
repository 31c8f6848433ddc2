package io.headrace.local.log;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** A shard's records on the heap, in chunks. Guarded as {@link ShardLog} says. */
public final class MemoryShardLog implements ShardLog {
  private final ShardIdentity shard;
  private final ByteBudget budget;
  private final ArrayList<RecordChunk> chunks = new ArrayList<>(1);
  private long end;
  private long lastArrivalMillis;

  public MemoryShardLog(ShardIdentity shard, ByteBudget budget) {
    this.shard = shard;
    this.budget = budget;
  }

  @Override
  public void offer(StoredRecord record) {
    byte[] key = RecordChunk.key(record);
    int bytes = RecordChunk.bytes(key, record);
    if (!budget.tryTake(bytes)) {
      throw new LogFailure(
          "The local server holds %d bytes of records, and its limit memoryBytesMax is %d."
              .formatted(budget.bytes(), budget.bytesMax()));
    }
    RecordChunk last = chunks.isEmpty() ? null : chunks.get(chunks.size() - 1);
    if (last == null || !last.hasRoomFor(record, bytes)) {
      if (last != null) {
        last.seal();
      }
      last = new RecordChunk(shard, record, bytes);
      chunks.add(last);
    }
    last.append(record, key);
    end = record.order() + 1;
    lastArrivalMillis = record.arrivalMillis();
  }

  @Override
  public void commit() {
    // Nothing outlives the process, and offering had all that can fail.
  }

  @Override
  public List<StoredRecord> read(long position, int recordsMax, long bytesMax) {
    Reading reading = new Reading(recordsMax, bytesMax);
    boolean more = true;
    for (int i = firstWhere(RecordChunk::lastOrder, position); more && i < chunks.size(); i++) {
      more = chunks.get(i).read(position, reading);
    }
    return reading.records();
  }

  @Override
  public boolean hasFrom(long position) {
    return !chunks.isEmpty() && chunks.get(chunks.size() - 1).lastOrder() >= position;
  }

  @Override
  public long positionAt(long arrivalMillis) {
    int chunk = firstWhere(RecordChunk::lastArrivalMillis, arrivalMillis);
    return chunk < chunks.size() ? chunks.get(chunk).orderAt(arrivalMillis) : end;
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
    forget(firstWhere(RecordChunk::lastArrivalMillis, arrivalMillis));
    if (!chunks.isEmpty()) {
      budget.giveBack(chunks.get(0).trimBefore(arrivalMillis));
    }
  }

  @Override
  public void clear() {
    forget(chunks.size());
    chunks.trimToSize();
  }

  private void forget(int count) {
    List<RecordChunk> oldest = chunks.subList(0, count);
    oldest.forEach(chunk -> budget.giveBack(chunk.heldBytes()));
    oldest.clear();
  }

  /** The first chunk whose last record has at least this; their number when none has. */
  private int firstWhere(ToLongFunction<RecordChunk> ofLast, long atLeast) {
    int low = 0;
    int high = chunks.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ofLast.applyAsLong(chunks.get(middle)) < atLeast) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
