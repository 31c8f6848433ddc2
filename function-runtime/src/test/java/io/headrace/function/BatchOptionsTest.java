package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.loop.BoundedPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Record age, payload limit and parallelization of functions by our own rules. */
class BatchOptionsTest {
  private final List<List<String>> calls = new ArrayList<>();
  private boolean failing;

  private Rig rig(UnaryOperator<FunctionSpec.Reading<String>> options) {
    BatchFunction<String, String> function =
        batch -> {
          var values = new ArrayList<String>();
          batch.forEach(event -> values.add(event.value()));
          calls.add(values);
          if (failing) {
            throw new IllegalStateException("failing");
          }
        };
    return new Rig(
            1,
            options
                .apply(Rig.reading().batching(100, Duration.ZERO))
                .handledInBatchesBy(() -> function, Destination.<String>nowhere()))
        .start();
  }

  @Test
  void a_call_gets_no_more_bytes_than_it_may_have() {
    var rig = rig(reading -> reading.maxPayloadBytes(10));
    rig.putAll("a=1234", "b=567890", "c=12345", "a=6");
    rig.drain();
    assertThat(calls).containsExactly(List.of("1234", "567890"), List.of("12345", "6"));
  }

  @Test
  void a_record_that_is_too_large_by_itself_is_a_letter_and_its_key_goes_on() {
    var rig = rig(reading -> reading.maxPayloadBytes(4));
    var positions = rig.putAll("a=12345", "a=6", "b=7");
    rig.drain();
    assertThat(calls.stream().flatMap(List::stream)).containsExactlyInAnyOrder("6", "7");
    assertThat(rig.settled).containsEntry(positions.get(0), Outcome.DEAD_LETTERED);
    assertThat(rig.letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.code()).isEqualTo("PayloadTooLarge");
              assertThat(letter.attempts()).isZero();
              assertThat(letter.message()).contains("5 bytes").contains("may have 4");
            });
  }

  @Test
  void a_single_record_may_be_too_large_too() {
    var seen = new ArrayList<String>();
    RecordFunction<String, String> function = (event, out) -> seen.add(event.value());
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .maxPayloadBytes(4)
                    .handledBy(() -> function, Destination.<String>nowhere()))
            .start();
    rig.putAll("a=12345", "a=6");
    rig.drain();
    assertThat(seen).containsExactly("6");
    assertThat(rig.letters).extracting(DeadLetter::code).containsExactly("PayloadTooLarge");
  }

  @Test
  void a_record_that_is_too_old_is_a_letter_unseen_and_what_is_fresh_is_handled() {
    var rig = rig(reading -> reading.retrying(RetryPolicy.forever().within(Duration.ofMinutes(1))));
    rig.put("a", "old", rig.loop.now().minusSeconds(60));
    rig.put("a", "fresh", rig.loop.now().minusSeconds(59));
    rig.drain();
    assertThat(calls).containsExactly(List.of("fresh"));
    assertThat(rig.letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.code()).isEqualTo("RecordAgeExceeded");
              assertThat(letter.attempts()).isZero();
              assertThat(letter.message()).contains("PT1M old, and may become PT1M");
            });
  }

  @Test
  void a_record_that_grows_too_old_while_it_is_tried_leaves_its_last_failure_in_the_letter() {
    var rig =
        rig(
            reading ->
                reading.retrying(
                    RetryPolicy.forever()
                        .within(Duration.ofMinutes(1))
                        .backingOff(Duration.ofSeconds(4), Duration.ofSeconds(4))));
    failing = true;
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.loop.now()).isBefore(rig.records.get(0).arrivedAt().plusSeconds(61));
    assertThat(rig.letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.code()).isEqualTo("RecordAgeExceeded");
              assertThat(letter.cause()).isEqualTo(IllegalStateException.class.getName());
              assertThat(letter.attempts()).isEqualTo(calls.size());
            });
  }

  @Test
  void the_age_of_single_records_is_asked_before_each_attempt_too() {
    var attempts = new ArrayList<Integer>();
    RecordFunction<String, String> function =
        (event, out) -> {
          attempts.add(event.attempt().number());
          throw new IllegalStateException("failing");
        };
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(
                        RetryPolicy.forever()
                            .within(Duration.ofMinutes(1))
                            .backingOff(Duration.ofSeconds(4), Duration.ofSeconds(4)))
                    .handledBy(() -> function, Destination.<String>nowhere()))
            .start();
    rig.put("a", "old", rig.loop.now().minusSeconds(61));
    rig.put("a", "1");
    rig.drain();
    rig.advance(70_000); // Its key is parked meanwhile.
    assertThat(rig.letters)
        .extracting(letter -> letter.code() + " " + (letter.attempts() > 0))
        .containsExactly("RecordAgeExceeded false", "RecordAgeExceeded true");
    assertThat(rig.letters.get(1).attempts()).isEqualTo(attempts.size());
    assertThat(attempts.size()).isBetween(14, 31);
  }

  @Test
  void batches_run_at_once_and_share_no_key() {
    var begun = ConcurrentHashMap.<String>newKeySet();
    var both = new CountDownLatch(2);
    var end = new CountDownLatch(1);
    BatchFunction<String, String> function =
        batch -> {
          batch.forEach(event -> begun.add(event.value()));
          both.countDown();
          end.await();
        };
    try (var threads = new BoundedPool("test", 4, 10)) {
      var rig =
          new Rig(
              1,
              Rig.reading()
                  .batching(1, Duration.ZERO)
                  .parallelizationFactor(2)
                  .handledInBatchesBy(() -> function, Destination.<String>nowhere()));
      rig.pool = threads;
      rig.start();
      rig.putAll("a=1", "a=2", "b=3", "c=4");
      assertThat(rig.loop.runUntil(() -> both.getCount() == 0, 60_000)).isTrue();
      rig.loop.runUntilIdle();
      assertThat(begun).as("not the second of a, and no third batch").containsOnly("1", "3");
      end.countDown();
      assertThat(rig.loop.runUntil(() -> rig.settled.size() == 4, 60_000)).isTrue();
      assertThat(begun).containsOnly("1", "2", "3", "4");
    }
  }

  @Property(tries = 100)
  void with_batches_at_once_nothing_is_lost_and_the_order_of_a_key_holds(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    int failurePercent = random.nextInt(30);
    var order = new ArrayList<String>();
    BatchFunction<String, String> function =
        batch -> {
          if (random.nextInt(100) < failurePercent) {
            throw new IllegalStateException("by chance");
          }
          batch.forEach(event -> order.add(event.partitionKey() + "=" + event.value()));
        };
    var rig =
        new Rig(
                seed,
                Rig.reading()
                    .batching(1 + random.nextInt(5), Duration.ZERO)
                    .parallelizationFactor(1 + random.nextInt(4))
                    .maxPayloadBytes(3 + random.nextInt(20))
                    .retrying(
                        RetryPolicy.forever()
                            .backingOff(Duration.ofMillis(1), Duration.ofMillis(50)))
                    .handledInBatchesBy(() -> function, Destination.<String>nowhere()))
            .withSlowPool(10)
            .start();
    for (int i = 100; i < 180; i++) {
      rig.put("k" + random.nextInt(6), String.valueOf(i));
      rig.advance(random.nextInt(3));
    }
    rig.drain();
    assertThat(order).as("seed %s", seed).hasSize(80);
    for (int k = 0; k < 6; k++) {
      var prefix = "k" + k + "=";
      assertThat(order.stream().filter(each -> each.startsWith(prefix)).toList())
          .as("seed %s", seed)
          .isSorted();
    }
  }
}
