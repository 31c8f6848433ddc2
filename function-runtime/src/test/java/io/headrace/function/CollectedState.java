package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All that a reader has told of a function whose states are text. */
final class CollectedState implements StateReader.Visitor {
  private final Map<StateReader.AsOf, List<StoredEntry>> shards = new HashMap<>();
  private List<StoredEntry> current = List.of();

  Map<StateReader.AsOf, List<StoredEntry>> shards() {
    return shards;
  }

  @Override
  public void begins(StateReader.AsOf shard) {
    shards.keySet().removeIf(other -> other.shard().equals(shard.shard()));
    current = new ArrayList<>();
    shards.put(shard, current);
  }

  @Override
  public void entry(StoredEntry entry) {
    current.add(entry);
  }

  /** By partition key. */
  Map<String, String> states() {
    var states = new TreeMap<String, String>();
    shards
        .values()
        .forEach(
            entries ->
                entries.forEach(
                    entry -> states.put(entry.partitionKey(), new String(entry.bytes(), UTF_8))));
    return states;
  }
}
