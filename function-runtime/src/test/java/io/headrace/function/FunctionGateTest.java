package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardHandler.Standing;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Outages and broken deployments, by functions of single records and of batches. */
class FunctionGateTest {
  private final List<String> calls = new ArrayList<>();
  private boolean down;
  private Duration retryAfter = Duration.ZERO;

  private final RecordFunction<String, String> function =
      (event, out) -> {
        calls.add(event.value() + " " + event.attempt().number());
        if (down) {
          throw new Unavailable("crm", retryAfter, null);
        }
        if (event.value().startsWith("poison")) {
          throw new IllegalStateException("poison");
        }
      };

  private Rig rig(RetryPolicy retry) {
    return new Rig(
            1,
            Rig.reading()
                .retrying(retry.backingOff(Duration.ofSeconds(1), Duration.ofSeconds(8)))
                .handledBy(() -> function, Destination.nowhere()))
        .start();
  }

  @Test
  void while_a_dependency_is_down_one_record_at_a_time_probes_and_no_attempt_counts() {
    var rig = rig(RetryPolicy.upTo(0));
    down = true;
    rig.putAll("a=1", "b=2", "c=3");
    rig.advance(1);
    assertThat(calls).as("what was begun before anybody knew").hasSize(3);

    rig.put("d", "4");
    rig.advance(60_000);
    assertThat(calls.size()).as("probes in a minute, a second to 8 apart").isBetween(3 + 7, 3 + 20);
    assertThat(calls).allMatch(call -> call.endsWith(" 1"));
    assertThat(rig.letters).isEmpty();
    assertThat(rig.settled).isEmpty();

    down = false;
    rig.advance(8_000);
    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED).hasSize(4);
  }

  @Test
  void a_function_that_runs_in_no_shard_here_is_held_up_by_nothing() {
    var rig = rig(RetryPolicy.forever());
    down = true;
    rig.put("a", "1");
    rig.advance(10_000);
    assertThat(rig.outage()).isPresent();

    rig.handler().abandon();
    assertThat(rig.outage()).isEmpty();
  }

  @Test
  void the_pause_is_told_with_its_dependency_and_so_is_its_end() {
    var rig = rig(RetryPolicy.forever());
    assertThat(rig.outage()).isEmpty();
    down = true;
    rig.put("a", "1");
    rig.advance(10_000);
    var pause = rig.outage().orElseThrow();
    assertThat(pause.dependency()).contains("crm");
    assertThat(pause.since()).isEqualTo(rig.loop.now().minusMillis(10_000));
    assertThat(pause.probes()).isPositive();
    assertThat(pause.sentence()).contains("function f: crm is unavailable since 2026-01-01T");
    var told = rig.events(FunctionEvent.Outage.class);
    assertThat(told).hasSize(pause.probes() + 1);
    assertThat(told.get(0).probes()).isZero();
    assertThat(told.get(0).dependency()).contains("crm");

    down = false;
    rig.advance(8_000);
    assertThat(rig.outage()).isEmpty();
    assertThat(rig.events(FunctionEvent.OutageOver.class))
        .singleElement()
        .satisfies(
            resumed -> {
              assertThat(resumed.dependency()).contains("crm");
              assertThat(resumed.after()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(18));
            });
  }

  @Test
  void nothing_is_tried_before_the_time_that_the_dependency_asked_for() {
    var rig = rig(RetryPolicy.forever());
    down = true;
    retryAfter = Duration.ofSeconds(30);
    rig.put("a", "1");
    rig.advance(29_999);
    assertThat(calls).hasSize(1);
    rig.advance(1);
    assertThat(calls).hasSize(2);
  }

  @Test
  void a_call_that_was_under_way_may_know_better_how_long_it_lasts() {
    var stages = new ArrayList<CompletableFuture<Void>>();
    AsyncRecordFunction<String, String> waiting =
        (event, out) -> {
          stages.add(new CompletableFuture<>());
          return stages.get(stages.size() - 1);
        };
    var rig =
        new Rig(1, Rig.reading().handledAsyncBy(() -> waiting, Destination.<String>nowhere()))
            .start();
    rig.putAll("a=1", "b=2");
    rig.advance(1);
    stages.get(0).completeExceptionally(new Unavailable("crm", Duration.ZERO, null));
    rig.advance(1);
    stages.get(1).completeExceptionally(new Unavailable("crm", Duration.ofSeconds(30), null));
    rig.advance(29_999);
    assertThat(stages).hasSize(2);
    rig.advance(2);
    assertThat(stages).hasSize(3);
  }

  @Test
  void what_began_before_the_outage_was_over_does_not_begin_another() {
    var stages = new ArrayList<CompletableFuture<Void>>();
    AsyncRecordFunction<String, String> waiting =
        (event, out) -> {
          stages.add(new CompletableFuture<>());
          return stages.get(stages.size() - 1);
        };
    var rig =
        new Rig(1, Rig.reading().handledAsyncBy(() -> waiting, Destination.<String>nowhere()))
            .start();
    rig.putAll("a=1", "b=2");
    rig.advance(1);
    stages.get(0).completeExceptionally(new Unavailable("crm", Duration.ZERO, null));
    rig.advance(1_000);
    stages.get(2).complete(null);
    rig.advance(1);
    assertThat(rig.outage()).isEmpty();
    stages.get(1).completeExceptionally(new Unavailable("crm", Duration.ofHours(1), null));
    rig.advance(1);
    assertThat(rig.outage()).isEmpty();
    assertThat(stages).as("it is called again at once").hasSize(4);
  }

  @Test
  void a_probe_that_fails_for_a_reason_of_its_own_says_that_the_dependency_is_back() {
    var rig = rig(RetryPolicy.upTo(0));
    down = true;
    rig.putAll("a=poison", "b=2");
    rig.advance(1);
    down = false;
    rig.advance(2_000);
    assertThat(rig.outage()).isEmpty();
    assertThat(rig.letters)
        .singleElement()
        .extracting(DeadLetter::code)
        .isEqualTo("RetryAttemptsExhausted");
    assertThat(rig.settled).hasSize(2);
  }

  @Test
  void the_watchdog_is_told_that_the_function_waits() {
    var rig = rig(RetryPolicy.forever());
    down = true;
    retryAfter = Duration.ofMinutes(20);
    rig.put("a", "1");
    rig.advance(60_000);
    assertThat(rig.handler().standing(Duration.ofSeconds(10))).isEqualTo(Standing.RETRYING);
  }

  @Test
  void records_that_wait_for_a_dependency_are_given_back_when_the_shard_leaves() {
    var rig = rig(RetryPolicy.forever());
    down = true;
    var positions = rig.putAll("a=1", "a=2", "b=3");
    rig.advance(1);
    rig.leave();
    assertThat(rig.returned).containsExactlyInAnyOrderElementsOf(positions);
    rig.advance(60_000);
    assertThat(calls).hasSize(2);
  }

  @Test
  void records_that_became_too_old_meanwhile_are_letters() {
    var rig = rig(RetryPolicy.forever().within(Duration.ofSeconds(20)));
    down = true;
    rig.putAll("a=1", "b=2");
    rig.advance(40_000);
    assertThat(rig.letters)
        .extracting(DeadLetter::code)
        .containsExactly("RecordAgeExceeded", "RecordAgeExceeded");
    assertThat(rig.letters).extracting(DeadLetter::attempts).containsOnly(0);
  }

  @Test
  void a_broken_deployment_pauses_and_writes_a_bounded_number_of_letters() {
    var rig = rig(RetryPolicy.upTo(0).pausingAbove(0.5, 10));
    for (int i = 0; i < 200; i++) {
      rig.put("k" + i, "poison" + i);
      rig.advance(100);
    }
    rig.advance(60_000);
    assertThat(rig.letters.size()).as("5, and one a probe").isBetween(5, 5 + 30);
    var pause = rig.outage().orElseThrow();
    assertThat(pause.dependency()).isEmpty();
    assertThat(pause.sentence()).contains("too many of its records fail");
    assertThat(calls.size()).as("probes").isLessThan(6 + 30);
  }

  @Test
  void a_paused_function_goes_on_behind_the_first_record_that_succeeds() {
    var rig = rig(RetryPolicy.upTo(0).pausingAbove(0.5, 4));
    rig.putAll("a=poison1", "b=poison2", "c=poison3");
    rig.advance(1);
    assertThat(rig.letters).hasSize(2);
    rig.drain();
    assertThat(rig.letters).as("a bad record that is left alone holds nothing up").hasSize(3);
    assertThat(rig.outage()).isPresent();

    rig.putAll("d=4", "e=5");
    rig.advance(8_000);
    assertThat(rig.settled.values()).filteredOn(Outcome.HANDLED::equals).hasSize(2);
    assertThat(rig.outage()).isEmpty();
    assertThat(rig.events(FunctionEvent.OutageOver.class))
        .singleElement()
        .extracting(FunctionEvent.OutageOver::dependency)
        .isEqualTo(Optional.empty());
  }

  @Test
  void one_key_that_fails_for_ever_does_not_pause_the_function() {
    var rig = rig(RetryPolicy.forever().pausingAbove(0.2, 10));
    rig.put("bad", "poison");
    for (int i = 0; i < 50; i++) {
      rig.put("k" + i, "v");
      rig.advance(10_000);
    }
    assertThat(rig.events(FunctionEvent.Outage.class)).isEmpty();
    assertThat(rig.settled).hasSize(51);
    assertThat(rig.settled.values()).as("its key").containsOnlyOnce(Outcome.PARKED);
  }

  @Test
  void of_a_batch_one_record_probes_for_all() {
    var sizes = new ArrayList<Integer>();
    BatchFunction<String, String> batches =
        batch -> {
          sizes.add(batch.size());
          if (down) {
            throw new Unavailable("crm", Duration.ofSeconds(5), null);
          }
        };
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .batching(10, Duration.ZERO)
                    .retrying(RetryPolicy.upTo(0))
                    .handledInBatchesBy(() -> batches, Destination.<String>nowhere()))
            .start();
    down = true;
    rig.putAll("a=1", "b=2", "c=3", "a=4");
    rig.advance(12_000);
    assertThat(sizes).containsExactly(4, 1, 1);
    down = false;
    rig.drain();
    assertThat(sizes.subList(0, 4)).containsExactly(4, 1, 1, 1);
    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED);
    assertThat(rig.letters).isEmpty();
  }

  @Test
  void a_codec_that_needs_what_is_down_fills_no_dead_letters() {
    Codec<String> asking =
        new Codec<>() {
          @Override
          public String decode(byte[] bytes, int version) {
            if (down) {
              throw new Unavailable("schemas", Duration.ZERO, null);
            }
            return new Texts().decode(bytes, version);
          }

          @Override
          public byte[] encode(String value) {
            return new Texts().encode(value);
          }
        };
    var rig =
        new Rig(
                1,
                FunctionSpec.named("f")
                    .reading(Input.of(StreamSource.kinesis("in"), asking))
                    .handledBy(() -> function, Destination.<String>nowhere()))
            .start();
    down = true;
    rig.putAll("a=1", "b=2");
    rig.advance(60_000);
    assertThat(rig.letters).isEmpty();
    assertThat(rig.outage().flatMap(FunctionOutage::dependency)).contains("schemas");
    down = false;
    rig.drain();
    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED).hasSize(2);
  }

  @Test
  void a_probe_that_never_reached_the_function_says_nothing_of_the_dependency() {
    var retry = RetryPolicy.upTo(0).backingOff(Duration.ofSeconds(1), Duration.ofSeconds(8));
    var rig =
        new Rig(
                1,
                FunctionSpec.named("f")
                    .reading(Rig.input().endedBy("end"::equals))
                    .retrying(retry)
                    .handledBy(() -> function, Destination.<String>nowhere()))
            .start();
    down = true;
    rig.put("a", "1");
    rig.advance(1);
    for (int i = 0; i < 10; i++) {
      rig.put("bad" + i, "bad");
      rig.put("end" + i, "end");
    }
    rig.advance(60_000);
    assertThat(rig.events(FunctionEvent.OutageOver.class)).isEmpty();
    assertThat(rig.letters).as("what no codec reads").hasSize(10);
    assertThat(rig.settled.values()).filteredOn(Outcome.FILTERED::equals).hasSize(10);
    assertThat(calls.size()).as("1 s to 8 apart").isBetween(7, 22);
  }

  @Test
  void of_a_large_batch_each_record_counts_in_its_place() {
    BatchFunction<String, String> tenth =
        batch -> {
          for (var event : batch) {
            if (event.value().endsWith("0")) {
              batch.fail(event, new IllegalStateException("the tenth"));
            }
          }
        };
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(RetryPolicy.upTo(0).pausingAbove(0.5, 20))
                    .handledInBatchesBy(() -> tenth, Destination.<String>nowhere()))
            .start();
    rig.putAll(IntStream.range(0, 500).mapToObj(i -> "k" + i + "=" + i).toArray(String[]::new));
    rig.advance(1);
    assertThat(rig.events(FunctionEvent.Outage.class)).as("a tenth fails").isEmpty();
    assertThat(rig.letters).hasSize(50);
  }

  @Test
  void records_of_a_batch_that_could_not_be_handled_for_now_stay_a_batch() {
    var sizes = new ArrayList<Integer>();
    BatchFunction<String, String> batches =
        batch -> {
          sizes.add(batch.size());
          for (var event : batch) {
            if (down) {
              batch.fail(event, new Unavailable("crm", Duration.ZERO, null));
            }
          }
        };
    var rig =
        new Rig(1, Rig.reading().handledInBatchesBy(() -> batches, Destination.<String>nowhere()))
            .start();
    down = true;
    rig.putAll(IntStream.range(0, 50).mapToObj(i -> "k" + i % 7 + "=" + i).toArray(String[]::new));
    rig.advance(1);
    down = false;
    rig.drain();
    assertThat(sizes).as("all, one that probes, and the rest").containsExactly(50, 1, 49);
    assertThat(rig.letters).isEmpty();
  }

  @Property(tries = 100)
  void whatever_comes_and_goes_nothing_is_lost_and_the_order_of_a_key_holds(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    boolean batched = random.nextBoolean();
    Map<String, List<Position>> handled = new HashMap<>();
    var up = new boolean[] {true};
    var policy =
        RetryPolicy.forever()
            .backingOff(Duration.ofMillis(5), Duration.ofMillis(100))
            .pausingAbove(random.nextDouble() * 0.9, 1 + random.nextInt(20));
    int failing = random.nextInt(30);
    RecordFunction<String, String> one =
        (event, out) -> {
          if (!up[0]) {
            throw new Unavailable("crm", Duration.ofMillis(random.nextInt(50)), null);
          }
          if (random.nextInt(100) < failing) {
            throw new IllegalStateException("by chance");
          }
          handled
              .computeIfAbsent(event.partitionKey(), key -> new ArrayList<>())
              .add(Position.of(event.id().sequence()));
        };
    BatchFunction<String, String> many =
        batch -> {
          for (var event : batch) {
            try {
              one.handle(event, batch.out(event));
            } catch (RuntimeException failed) {
              batch.fail(event, failed);
            }
          }
        };
    var reading = Rig.reading().retrying(policy);
    var spec =
        batched
            ? reading
                .parallelizationFactor(1 + random.nextInt(3))
                .handledInBatchesBy(() -> many, Destination.<String>nowhere())
            : reading.handledBy(() -> one, Destination.<String>nowhere());
    var rig = new Rig(seed, spec).withSlowPool(5).start();
    for (int i = 0; i < 60; i++) {
      rig.put("k" + random.nextInt(4), "v");
      if (random.nextInt(10) == 0) {
        up[0] = !up[0];
      }
      rig.advance(random.nextInt(30));
    }
    up[0] = true;
    rig.drain();
    assertThat(rig.letters).as("seed %s", seed).isEmpty();
    if (!batched) {
      assertThat(handled.values().stream().mapToInt(List::size).sum())
          .as("seed %s", seed)
          .isEqualTo(60);
      handled.values().forEach(its -> assertThat(its).as("seed %s", seed).isSorted());
    }
  }
}
