package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What an operator wants of functions, obeyed by a worker while it runs. */
class WorkerDirectionsTest {
  private final EngineHarness engine = new EngineHarness(11, 2);

  /** Functions by name, in all shards. */
  private record Wanted(Set<String> held, Map<String, Long> generations) implements Directions {
    Wanted {
      held = Set.copyOf(held);
      generations = Map.copyOf(generations);
    }

    static Wanted holding(String... functions) {
      return new Wanted(Set.of(functions), Map.of());
    }

    @Override
    public boolean holds(ShardKey shard, String function) {
      return held.contains(function);
    }

    @Override
    public long generation(ShardKey shard, String function) {
      return generations.getOrDefault(function, 0L);
    }
  }

  @Test
  void a_held_function_commits_and_rests_while_the_other_of_its_reader_goes_on() {
    var worker = engine.worker("w1", "alarms", "audit");
    engine.put(60, 6);
    engine.seconds(2);

    worker.direct(Wanted.holding("alarms"));
    engine.seconds(2);
    engine.put(60, 6);
    engine.seconds(5);

    assertThat(engine.function("alarms").deliveries).hasSize(60);
    assertThat(engine.function("audit").deliveries).hasSize(120);
    assertThat(committed("alarms")).as("what it did is committed").isEqualTo(60);
    assertThat(engine.status(worker).shards())
        .allSatisfy(shard -> assertThat(shard.held()).containsExactly("alarms"));
    assertThat(engine.events(WorkerEvent.FunctionHeld.class)).hasSize(2);

    worker.direct(Directions.NONE);
    engine.seconds(5);

    assertThat(engine.function("alarms").deliveries).as("and nothing twice").hasSize(120);
    assertThat(engine.function("alarms").firstDeliveries()).isEqualTo(engine.expected());
    assertThat(engine.function("alarms").faults).isEmpty();
  }

  @Test
  void a_function_that_is_held_before_the_shard_is_gained_never_begins() {
    var worker = engine.worker("w1", "alarms");
    worker.direct(Wanted.holding("alarms"));
    engine.put(60, 6);
    engine.seconds(5);
    var delivered = engine.function("alarms").deliveries.size();
    stop(worker);

    var next = engine.worker("w2", "alarms");
    next.direct(Wanted.holding("alarms"));
    engine.seconds(30);

    assertThat(engine.function("alarms").deliveries).hasSize(delivered);
    assertThat(stop(next)).as("a stop waits for nothing").isTrue();
  }

  @Test
  void what_hangs_in_a_function_that_is_held_is_interrupted_and_comes_again() {
    engine.function("alarms").stuckKeys.add("key-1");
    var worker = engine.worker("w1", "alarms");
    engine.put(24, 6);
    engine.seconds(1);

    worker.direct(Wanted.holding("alarms"));
    engine.seconds(2);
    assertThat(engine.status(worker).shards()).allMatch(shard -> shard.functions().isEmpty());

    engine.function("alarms").stuckKeys.clear();
    worker.direct(Directions.NONE);
    engine.seconds(5);
    assertThat(engine.function("alarms").firstDeliveries()).isEqualTo(engine.expected());
    assertThat(engine.function("alarms").faults).isEmpty();
  }

  @Test
  void a_run_of_a_former_generation_begins_anew_and_repeats_nothing() {
    var worker = engine.worker("w1", "alarms", "audit");
    engine.put(60, 6);
    engine.seconds(2);
    for (long generation = 1; generation <= 5; generation++) {
      worker.direct(new Wanted(new HashSet<>(), new HashMap<>(Map.of("alarms", generation))));
      engine.put(12, 6);
      engine.seconds(2);
      worker.direct(new Wanted(Set.of(), Map.of("alarms", generation)));
    }
    engine.seconds(5);

    assertThat(resumed("alarms")).as("in each of two shards").isEqualTo(2 * (1 + 5));
    assertThat(resumed("audit")).isEqualTo(2);
    assertThat(engine.function("alarms").deliveries).hasSize(120);
    assertThat(engine.function("alarms").firstDeliveries()).isEqualTo(engine.expected());
    assertThat(engine.function("alarms").faults).isEmpty();
  }

  @Test
  void a_shard_does_not_end_while_a_function_that_is_held_has_not_ended_it() {
    var worker = engine.worker("w1", "alarms", "audit");
    worker.direct(Wanted.holding("alarms"));
    engine.put(60, 6);
    engine.stream.split(engine.shard(0).shard());
    engine.put(60, 6);
    engine.seconds(10);
    assertThat(engine.fleet.log()).noneMatch(line -> line.startsWith("ended"));

    worker.direct(Directions.NONE);
    engine.seconds(10);

    assertThat(engine.fleet.log()).contains("ended shardId-000000000000");
    assertThat(engine.function("alarms").firstDeliveries()).isEqualTo(engine.expected());
    assertThat(engine.function("alarms").faults).isEmpty();
  }

  private long resumed(String function) {
    return engine.events(WorkerEvent.FunctionResumed.class).stream()
        .filter(event -> event.function().equals(function))
        .count();
  }

  private long committed(String function) {
    long count = 0;
    for (int shard = 0; shard < 2; shard++) {
      var through = engine.progress.progress(engine.shard(shard), function).through();
      count +=
          engine.stream.recordsOf(engine.shard(shard).shard()).stream()
              .filter(r -> through.filter(t -> r.position().compareTo(t) <= 0).isPresent())
              .count();
    }
    return count;
  }

  private boolean stop(Worker worker) {
    CompletionStage<Void> stopped = worker.stop(Duration.ofSeconds(5));
    engine.seconds(1);
    return stopped.toCompletableFuture().isDone();
  }
}
