package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamSink.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The stage of records that were put together: completes when all are stored, and fails with the
 * first that is not. Told on the producer's loop.
 */
final class GroupReceipt implements PendingRecord.Receipt {
  private final PendingRecord.Group group;
  private final CompletableFuture<List<Stored>> stage;
  private int left;

  GroupReceipt(PendingRecord.Group group, CompletableFuture<List<Stored>> stage) {
    this.group = group;
    this.stage = stage;
    this.left = group.members.length;
  }

  @Override
  public void settled(PendingRecord record) {
    if (record.failure != null) {
      stage.completeExceptionally(ofAll(record.failure));
      return;
    }
    left--;
    if (left == 0) {
      var places = new ArrayList<Stored>(group.members.length);
      for (PendingRecord member : group.members) {
        places.add(member.stored);
      }
      stage.complete(List.copyOf(places));
    }
  }

  /** The others are stored, or have failed in the same step. */
  private PutException ofAll(PutException first) {
    for (PendingRecord member : group.members) {
      boolean may = member.failure != null && member.failure.mayBeStored();
      if (!first.mayBeStored() && (may || member.stored != null)) {
        return new PutException(first.reason(), first, true);
      }
    }
    return first;
  }
}
