package io.headrace.local.protocol;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.Shard;
import io.headrace.local.fault.FaultTarget;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request that passed validation, as the rules for faults look at it. */
record FaultedRequest(Engine engine, String action, Caller caller, Fields input, Subject subject)
    implements FaultTarget {
  private static final List<String> SHARD_FIELDS =
      List.of("ShardToSplit", "ShardToMerge", "AdjacentShardToMerge");

  FaultedRequest(Engine engine, String action, Caller caller, Fields input) {
    this(engine, action, caller, input, Subject.of(caller, input));
  }

  @Override
  public @Nullable String stream() {
    return subject.stream();
  }

  @Override
  public @Nullable String consumer() {
    return subject.consumer();
  }

  @Override
  public boolean touches(String shard) {
    int index = Shard.indexOf(shard);
    if (index < 0) {
      return false;
    }
    if (action.equals("PutRecord") || action.equals("PutRecords")) {
      return RecordActions.writesTo(Shard.id(index), engine, caller, input);
    }
    String named = subject.shard();
    if (named != null) {
      return Shard.indexOf(named) == index;
    }
    return SHARD_FIELDS.stream()
        .map(field -> Subject.text(input, field))
        .anyMatch(text -> text != null && Shard.indexOf(text) == index);
  }

  /** What the service says with this error about this request, when the rule says nothing. */
  @Nullable String words(String code) {
    String stream = subject.stream();
    String account = subject.owner().account();
    if (code.equals("LimitExceededException")) {
      return stream == null
          ? "Rate exceeded for account " + account + "."
          : "Rate exceeded for stream " + stream + " under account " + account + ".";
    }
    String shard = subject.shard();
    if (code.equals("ProvisionedThroughputExceededException") && shard != null) {
      return "Rate exceeded for Shard - " + account + "/" + stream + "/" + shard;
    }
    return null;
  }
}
