package io.headrace.checkpoint;

import io.headrace.kcl.StartingPosition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Functions of one process, gone with it. Thread-safe. Stages are complete when returned. */
final class InMemoryFunctionRegister implements FunctionRegister {
  private final Object lock;
  private final Map<String, FunctionItem> items = new TreeMap<>();

  /**
   * @param lock under which progress is written, too
   */
  InMemoryFunctionRegister(Object lock) {
    this.lock = lock;
  }

  StartingPosition startOf(String function, StartingPosition proposed) {
    ProgressKey.requireFunction(function);
    var known = of(function);
    var start = known.start().orElse(proposed);
    items.put(
        function, new FunctionItem(function, Optional.of(start), known.shape(), known.successor()));
    return start;
  }

  private FunctionItem of(String function) {
    return items.getOrDefault(
        function, new FunctionItem(function, Optional.empty(), Map.of(), Optional.empty()));
  }

  @Override
  public CompletionStage<List<FunctionItem>> all() {
    return locked(() -> List.copyOf(items.values()));
  }

  @Override
  public CompletionStage<FunctionItem> describe(String function, Map<String, String> shape) {
    ProgressKey.requireFunction(function);
    return locked(
        () -> {
          var known = of(function);
          if (known.shape().isEmpty()) {
            items.put(
                function, new FunctionItem(function, known.start(), shape, known.successor()));
          }
          return items.get(function);
        });
  }

  @Override
  public CompletionStage<Boolean> redescribe(
      String function, Map<String, String> seen, Map<String, String> shape) {
    return locked(
        () -> {
          var known = of(function);
          if (!known.shape().equals(new HashMap<>(seen))) {
            return false;
          }
          items.put(function, new FunctionItem(function, known.start(), shape, known.successor()));
          return true;
        });
  }

  @Override
  public CompletionStage<Void> succeed(String function, String successor) {
    return locked(
        () -> {
          items.computeIfPresent(
              function,
              (name, known) ->
                  new FunctionItem(name, known.start(), known.shape(), Optional.of(successor)));
          return null;
        });
  }

  private <T> CompletionStage<T> locked(Supplier<T> work) {
    return InMemoryCheckpointStore.locked(lock, work);
  }
}
