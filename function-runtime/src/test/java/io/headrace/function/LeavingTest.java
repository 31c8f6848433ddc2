package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.loop.BoundedPool;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** What becomes of a shard's records when it goes to another worker. */
class LeavingTest {
  private final List<String> begun = new ArrayList<>();

  @Test
  void a_record_that_waits_for_another_try_is_returned_with_all_behind_it() {
    RecordFunction<String, String> function =
        (event, out) -> {
          begun.add(event.value());
          if (event.value().equals("poison")) {
            throw new IllegalStateException("poison");
          }
        };
    var rig = new Rig(1, Rig.reading().handledBy(() -> function, Destination.nowhere())).start();
    var positions = rig.putAll("a=poison", "a=2", "b=3");
    rig.advance(10);

    rig.leave();
    rig.advance(120_000);

    assertThat(rig.returned).containsExactlyInAnyOrder(positions.get(0), positions.get(1));
    assertThat(rig.settled).containsOnly(Map.entry(positions.get(2), Outcome.HANDLED));
    assertThat(begun).as("nothing is tried again").containsExactlyInAnyOrder("poison", "3");
  }

  @Test
  void a_call_that_runs_is_waited_for_and_not_tried_again_when_it_fails() {
    var stages = new LinkedHashMap<String, CompletableFuture<Void>>();
    AsyncRecordFunction<String, String> function =
        (event, out) -> stages.computeIfAbsent(event.value(), value -> new CompletableFuture<>());
    var rig =
        new Rig(1, Rig.reading().handledAsyncBy(() -> function, Destination.nowhere())).start();
    var positions = rig.putAll("a=good", "a=behind", "b=broken");
    rig.advance(5_000);
    assertThat(rig.handler().callsSince()).isLessThan(rig.loop.ticks());

    rig.leave();
    assertThat(rig.returned).containsExactly(positions.get(1));
    stages.get("good").complete(null);
    stages.get("broken").completeExceptionally(new IllegalStateException("bad"));
    rig.advance(120_000);

    assertThat(rig.settled).containsOnly(Map.entry(positions.get(0), Outcome.HANDLED));
    assertThat(rig.returned).containsExactlyInAnyOrder(positions.get(1), positions.get(2));
    assertThat(stages).hasSize(2);
    assertThat(rig.handler().callsSince()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void a_call_that_waits_for_a_thread_is_returned_and_holds_nothing_up() {
    var asked = new ArrayDeque<Runnable>();
    var running = new Rig[1];
    RecordFunction<String, String> function =
        (event, out) -> {
          begun.add(event.value());
          var rig = running[0];
          assertThat(rig.handler().callsSince()).isEqualTo(rig.loop.ticks());
          rig.leave();
        };
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .invokingOn(asked::add)
                    .handledBy(() -> function, Destination.<String>nowhere()))
            .start();
    running[0] = rig;
    var positions = rig.putAll("a=1", "a=2", "b=3", "c=4");
    rig.advance(5_000);
    assertThat(rig.handler().callsSince()).as("none has begun").isEqualTo(Long.MAX_VALUE);

    for (var work = asked.poll(); work != null; work = asked.poll()) {
      work.run();
    }
    rig.advance(120_000);

    assertThat(begun).containsExactly("1");
    assertThat(rig.settled).containsOnly(Map.entry(positions.get(0), Outcome.HANDLED));
    assertThat(rig.returned)
        .containsExactlyInAnyOrderElementsOf(positions.subList(1, positions.size()));
  }

  @Test
  void a_batch_that_waits_for_a_thread_is_returned() {
    var asked = new ArrayDeque<Runnable>();
    BatchFunction<String, String> function =
        batch -> batch.forEach(event -> begun.add(event.value()));
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .batching(2, Duration.ZERO)
                    .invokingOn(asked::add)
                    .handledInBatchesBy(() -> function, Destination.<String>nowhere()))
            .start();
    var positions = rig.putAll("a=1", "b=2", "c=3");
    rig.advance(100);

    rig.leave();
    for (var work = asked.poll(); work != null; work = asked.poll()) {
      work.run();
    }
    rig.advance(1_000);

    assertThat(begun).isEmpty();
    assertThat(rig.returned).containsExactlyInAnyOrderElementsOf(positions);
  }

  /** The threads are real: which of them has begun what is not drawn from the seed. */
  @Test
  void while_threads_run_calls_each_record_is_either_handled_or_returned() {
    for (int seed = 0; seed < 40; seed++) {
      var random = new SplittableRandom(seed);
      var handled = new ConcurrentLinkedQueue<String>();
      RecordFunction<String, String> function = (event, out) -> handled.add(event.value());
      var spec =
          Rig.reading().inFlight(10_000).handledBy(() -> function, Destination.<String>nowhere());
      try (var threads = new BoundedPool("leaving", 3, 100)) {
        var rig = new Rig(seed, spec);
        rig.pool = threads;
        rig.start();
        int records = 500;
        for (int i = 0; i < records; i++) {
          rig.put("key-" + random.nextInt(200), "v" + i);
        }
        int before = random.nextInt(records);
        assertThat(rig.loop.runUntil(() -> rig.settled.size() >= before, 60_000)).isTrue();
        rig.leave();
        assertThat(
                rig.loop.runUntil(
                    () -> rig.settled.size() + rig.returned.size() == records, 60_000))
            .as("seed %s: %s settled, %s returned", seed, rig.settled.size(), rig.returned.size())
            .isTrue();

        assertThat(rig.settled.keySet()).as("seed %s", seed).noneMatch(rig.returned::contains);
        assertThat(handled).as("seed %s", seed).hasSize(rig.settled.size());
      }
    }
  }

  @Test
  void a_batch_that_failed_is_returned_and_so_is_what_never_was_in_one() {
    BatchFunction<String, String> function =
        batch -> {
          batch.forEach(event -> begun.add(event.value()));
          throw new IllegalStateException("planted");
        };
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .batching(2, Duration.ZERO)
                    .retrying(
                        RetryPolicy.forever()
                            .backingOff(Duration.ofSeconds(5), Duration.ofSeconds(5)))
                    .handledInBatchesBy(() -> function, Destination.<String>nowhere()))
            .start();
    var positions = rig.putAll("a=1", "b=2", "c=3", "d=4", "a=5");
    rig.advance(100);

    rig.leave();
    rig.advance(120_000);

    assertThat(rig.settled).isEmpty();
    assertThat(rig.returned).containsExactlyInAnyOrderElementsOf(positions);
    assertThat(begun).containsExactly("1", "2", "3", "4");
  }

  @Test
  void windows_that_are_not_closed_here_are_closed_by_the_next_owner() {
    for (int millis = 0; millis < 120; millis += 3) {
      var rig = windows(millis);
      rig.putAll("a=x@1", "a=y@2", "b=z@3", "a=next@12");
      rig.putAll("END=END");

      rig.advance(millis);
      rig.leave();
      rig.advance(1_000);
      assertThat(rig.settled.keySet()).noneMatch(rig.returned::contains);
      assertThat(rig.settled.size() + rig.returned.size()).isEqualTo(5);
      rig.commit();
      rig.advance(1_000);
      rig.returned.clear();
      rig.crash();
      rig.drain();

      assertThat(rig.outputs.values())
          .as("after %s ms", millis)
          .containsExactlyInAnyOrder("a 0: x y", "b 0: z", "a 10: next");
    }
  }

  private static Rig windows(long seed) {
    return new Rig(
            seed,
            FunctionSpec.named("f")
                .reading(Rig.timedInput())
                .windowedBy(
                    Keys.partitionKey(), Windows.tumbling(Duration.ofSeconds(10)), new Texts())
                .handledBy(Joining::new, Destination.nowhere()))
        .withSlowPool(20)
        .start()
        .restore();
  }

  private static final class Joining implements WindowFunction<String, String, String> {
    @Override
    public String empty() {
      return "";
    }

    @Override
    public String add(String sum, Event<String> event) {
      return sum + event.value().substring(0, event.value().indexOf('@')) + " ";
    }

    @Override
    public String merge(String left, String right) {
      return left + right;
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      out.send(window.key() + " " + window.start().getEpochSecond() + ": " + sum.strip());
    }
  }
}
