package io.headrace.acceptance.fanout;

import io.headrace.function.Batch;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares what the function is given and what workers tell with what was put. Any thread tells,
 * any thread asks.
 */
final class RecordJudge {
  private static final int FAULTS_KEPT = 20;

  private final Set<Place> put = new HashSet<>();
  private final Set<Place> settled = new HashSet<>();
  private final Map<String, Integer> next = new HashMap<>();
  private final Map<String, Integer> stored = new HashMap<>();
  private final Map<String, String> owners = new HashMap<>();
  private final Set<String> ended = new TreeSet<>();
  private final Set<String> told = new TreeSet<>();
  private final List<String> faults = new ArrayList<>();
  private int repeated;
  private int batches;
  private int changes;

  private record Place(String shard, Position position) {}

  synchronized void put(Numbered value, String shard, Position position) {
    put.add(new Place(shard, position));
    stored.merge(value.key(), 1, Integer::sum);
  }

  /** A call of the function begins: the first time that a record comes is in its key's order. */
  synchronized void delivered(Batch<Numbered, ?> batch) {
    batches++;
    for (var event : batch) {
      var value = event.value();
      if (!value.key().equals(event.partitionKey())) {
        fault("record " + value + " came with key " + event.partitionKey());
      }
      int due = next.getOrDefault(value.key(), 0);
      if (value.number() > due) {
        fault("record " + value + " came before number " + due + ", in " + event.id());
      }
      if (value.number() < due) {
        repeated++;
      }
      next.put(value.key(), Math.max(due, value.number() + 1));
    }
  }

  /** What a worker's listener hears. */
  synchronized void told(String worker, Object event) {
    if (event instanceof WorkerEvent.ShardStarted started) {
      var before = owners.put(shard(started.shard()), worker);
      if (before != null && !before.equals(worker)) {
        changes++;
      }
    } else if (event instanceof WorkerEvent.Settled one) {
      settled.add(new Place(shard(one.shard()), one.position()));
      if (one.outcome() != Outcome.HANDLED) {
        fault(worker + " told " + one);
      }
    } else if (event instanceof WorkerEvent.ShardEnded end) {
      ended.add(shard(end.shard()));
    } else if (event instanceof WorkerEvent.Retrieving how) {
      told.add(how.how());
    } else if (event instanceof WorkerEvent.GapFound || event instanceof WorkerEvent.ShardFailed) {
      fault(worker + " told " + event);
    } else if (event instanceof WorkerEvent.Retrying again
        && (again.function().isEmpty() || TimeOuts.isOne(again.cause()))) {
      fault(worker + " told " + again);
    }
  }

  private static String shard(ShardKey key) {
    return key.shard().value();
  }

  synchronized void fault(String what) {
    if (faults.size() < FAULTS_KEPT) {
      faults.add(what);
    }
  }

  /** Whether all that was put is settled. */
  synchronized boolean complete() {
    return settled.containsAll(put);
  }

  synchronized boolean hasEnded(Set<String> shards) {
    return ended.containsAll(shards);
  }

  /** Who runs a shard, as far as was told. */
  synchronized Optional<String> owner(String shard) {
    return Optional.ofNullable(owners.get(shard));
  }

  /** How often a shard went from one worker to another. */
  synchronized int changes() {
    return changes;
  }

  synchronized int records() {
    return put.size();
  }

  synchronized int settled() {
    return settled.size();
  }

  /** Deliveries that were not the first of their record. */
  synchronized int repeated() {
    return repeated;
  }

  synchronized int batches() {
    return batches;
  }

  /** How records came, in the workers' words. */
  synchronized Set<String> told() {
    return Set.copyOf(told);
  }

  synchronized List<String> faults() {
    return List.copyOf(faults);
  }

  /** Keys of which not all came, or more than was put, with how many were due. */
  synchronized Map<String, Integer> missing() {
    var missing = new HashMap<>(stored);
    next.forEach((key, came) -> missing.merge(key, -came, Integer::sum));
    missing.values().removeIf(difference -> difference == 0);
    return missing;
  }

  @Override
  public synchronized String toString() {
    return settled.size() + " of " + put.size() + " settled, faults " + faults;
  }
}
