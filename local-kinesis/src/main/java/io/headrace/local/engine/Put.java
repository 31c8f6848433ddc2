package io.headrace.local.engine;

import io.headrace.local.log.LogFailure;
import io.headrace.local.log.SequenceNumber;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One put into a stream: the records go to their shards, and then each shard's log takes what it
 * got as a whole. The stream's monitor guards every call.
 */
final class Put {
  private final StreamKey key;
  private final ShardMap shards;
  private final StreamConsumers consumers;
  private final LimitScale limits;
  private final boolean isEncrypted;
  private final Set<Shard> written = new LinkedHashSet<>();
  private final Map<String, LogFailure> failed = new HashMap<>();

  Put(
      StreamKey key,
      ShardMap shards,
      StreamConsumers consumers,
      LimitScale limits,
      boolean isEncrypted) {
    this.key = key;
    this.shards = shards;
    this.consumers = consumers;
    this.limits = limits;
    this.isEncrypted = isEncrypted;
  }

  List<PutOutcome> all(List<PutEntry> entries, PutFilter filter, long nowMillis) {
    List<PutOutcome> outcomes = new ArrayList<>(entries.size());
    for (PutEntry entry : entries) {
      Shard shard = shards.route(entry.hash());
      PutOutcome refused = filter.refuse(shard.id());
      outcomes.add(refused != null ? refused : one(entry, shard, nowMillis));
    }
    written.forEach(this::commit);
    if (!failed.isEmpty()) {
      outcomes.replaceAll(this::withFailure);
    }
    return outcomes;
  }

  private PutOutcome one(PutEntry entry, Shard shard, long nowMillis) {
    if (!limits.isOff() && !shard.limits(limits).takeWrite(entry.bytes(), nowMillis)) {
      return new PutOutcome.Refused(
          "ProvisionedThroughputExceededException",
          "Rate exceeded for shard %s in stream %s under account %s."
              .formatted(shard.id(), key.name(), key.account()));
    }
    try {
      SequenceNumber number = shard.append(entry, shards.nextOrder(shard), isEncrypted, nowMillis);
      written.add(shard);
      consumers.landed(shard.index());
      return new PutOutcome.Stored(shard.id(), number, isEncrypted);
    } catch (LogFailure failure) {
      return refused(failure);
    }
  }

  private void commit(Shard shard) {
    try {
      shard.log().commit();
    } catch (LogFailure failure) {
      failed.put(shard.id(), failure);
    }
  }

  private PutOutcome withFailure(PutOutcome outcome) {
    LogFailure failure =
        outcome instanceof PutOutcome.Stored stored ? failed.get(stored.shardId()) : null;
    return failure == null ? outcome : refused(failure);
  }

  private static PutOutcome refused(LogFailure failure) {
    return new PutOutcome.Refused("InternalFailure", String.valueOf(failure.getMessage()));
  }
}
