package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random durations, failures and time-outs: order, single flight, nothing lost. */
class LaneProperties {
  @Property(tries = 150)
  void order_by_key_and_single_flight_hold_and_nothing_is_lost(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    int keys = 1 + random.nextInt(8);
    int count = random.nextInt(120);
    int failurePercent = random.nextInt(60);
    var running = new HashSet<String>();
    Map<String, List<Integer>> succeeded = new HashMap<>();
    var rigs = new Rig[1];
    AsyncRecordFunction<String, String> function =
        (event, out) -> {
          assertThat(running.add(event.partitionKey())).as("seed %s", seed).isTrue();
          return work(rigs[0], random, failurePercent)
              .whenComplete(
                  (done, thrown) -> {
                    running.remove(event.partitionKey());
                    if (thrown == null) {
                      out.send(event.value());
                      succeeded
                          .computeIfAbsent(event.partitionKey(), k -> new ArrayList<>())
                          .add(Integer.parseInt(event.value()));
                    }
                  });
        };
    var rig =
        new Rig(
                seed,
                Rig.reading()
                    .inFlight(1 + random.nextInt(10))
                    .retrying(
                        RetryPolicy.forever()
                            .backingOff(Duration.ofMillis(1), Duration.ofMillis(50))
                            .parkingNoKeys())
                    .handledAsyncBy(() -> function, Destination.<String>nowhere()))
            .withSlowPool(5);
    rigs[0] = rig;
    rig.start();
    Map<String, List<Integer>> expected = new HashMap<>();
    Set<Position> positions = new HashSet<>();
    for (int i = 0; i < count; i++) {
      var key = "k" + random.nextInt(keys);
      positions.add(rig.put(key, Integer.toString(i)));
      expected.computeIfAbsent(key, k -> new ArrayList<>()).add(i);
      if (random.nextInt(4) == 0) {
        rig.advance(random.nextInt(20));
      }
    }
    rig.drain();
    assertThat(rig.settled.keySet()).as("seed %s", seed).isEqualTo(positions);
    assertThat(succeeded).as("seed %s", seed).isEqualTo(expected);
    assertThat(rig.outputsSent).isEqualTo(count);
  }

  @Property(tries = 150)
  void who_leaves_at_any_moment_settles_or_returns_each_record_and_what_is_returned_comes_last(
      @ForAll long seed) {
    var random = new SplittableRandom(seed);
    int failurePercent = random.nextInt(60);
    Map<String, Integer> begun = new HashMap<>();
    var rigs = new Rig[1];
    AsyncRecordFunction<String, String> function =
        (event, out) -> {
          if (event.attempt().number() == 1) {
            begun.merge(event.partitionKey(), 1, Integer::sum);
          }
          boolean atOnce = random.nextBoolean() && random.nextInt(100) >= failurePercent;
          return atOnce
              ? CompletableFuture.completedFuture(null)
              : work(rigs[0], random, failurePercent);
        };
    var rig =
        new Rig(
                seed,
                Rig.reading()
                    .inFlight(1 + random.nextInt(50))
                    .retrying(
                        RetryPolicy.upTo(random.nextInt(4))
                            .backingOff(Duration.ofMillis(1), Duration.ofMillis(50))
                            .parkingNoKeys())
                    .handledAsyncBy(() -> function, Destination.<String>nowhere()))
            .withSlowPool(1 + random.nextInt(30));
    rigs[0] = rig;
    rig.start();
    Map<String, List<Position>> handed = new HashMap<>();
    for (int i = random.nextInt(120); i >= 0; i--) {
      var key = "k" + random.nextInt(12);
      handed.computeIfAbsent(key, k -> new ArrayList<>()).add(rig.put(key, Integer.toString(i)));
      if (random.nextInt(8) == 0) {
        rig.advance(random.nextInt(20));
      }
    }
    rig.advance(random.nextInt(60));
    rig.leave();
    rig.advance(600_000);

    assertThat(rig.settled.size() + rig.returned.size())
        .as("seed %s", seed)
        .isEqualTo(rig.records.size());
    handed.forEach(
        (key, positions) -> {
          var settled = positions.stream().filter(rig.settled::containsKey).toList();
          assertThat(settled).as("seed %s", seed).isEqualTo(positions.subList(0, settled.size()));
          // Of what is returned, one may have been tried before.
          assertThat(begun.getOrDefault(key, 0) - settled.size())
              .as("seed %s", seed)
              .isBetween(0, 1);
        });
    assertThat(rig.handler().callsSince()).as("seed %s", seed).isEqualTo(Long.MAX_VALUE);
  }

  private static CompletionStage<Void> work(Rig rig, SplittableRandom random, int failurePercent) {
    if (random.nextInt(100) < failurePercent / 2) {
      return CompletableFuture.failedFuture(new IllegalStateException("at once"));
    }
    var stage = new CompletableFuture<Void>();
    rig.schedule(
        random.nextInt(30),
        () -> {
          if (random.nextInt(100) < failurePercent) {
            stage.completeExceptionally(new IllegalStateException("later"));
          } else {
            stage.complete(null);
          }
        });
    return stage;
  }
}
