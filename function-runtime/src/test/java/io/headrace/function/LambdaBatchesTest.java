package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardHandler.Standing;
import io.headrace.kcl.loop.BoundedPool;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What the rules of Lambda leave open, and what stands behind them. */
class LambdaBatchesTest {
  private final List<List<String>> calls = new ArrayList<>();
  private Predicate<String> throwing = value -> false;
  private Predicate<String> reported = value -> false;

  private final BatchFunction<String, String> function =
      batch -> {
        var values = new ArrayList<String>();
        for (var event : batch) {
          values.add(event.value());
          batch.out(event).send("out of " + event.value());
        }
        calls.add(values);
        for (var event : batch) {
          if (throwing.test(event.value())) {
            throw new IllegalStateException("thrown");
          }
          if (reported.test(event.value())) {
            batch.fail(event, new IllegalStateException("reported"));
          }
        }
      };

  private Rig rig(EventSourceMapping mapping) {
    return new Rig(
            1,
            Rig.reading()
                .retrying(
                    RetryPolicy.forever().backingOff(Duration.ofSeconds(1), Duration.ofSeconds(1)))
                .lambdaCompatible(mapping)
                .handledInBatchesBy(() -> function, Destination.<String>nowhere()))
        .start();
  }

  @Test
  void a_batch_is_discarded_only_once_its_letter_is_durable() {
    var rig = rig(EventSourceMapping.defaults().maximumRetryAttempts(0));
    throwing = "2"::equals;
    rig.lettersDown = true;
    rig.putAll("a=1", "a=2");
    rig.putAll("a=3");
    rig.advance(600_000);
    assertThat(rig.settled).isEmpty();
    assertThat(calls).as("what is behind it waits").containsExactly(List.of("1", "2"));
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class)).isNotEmpty();

    rig.lettersDown = false;
    rig.drain();
    assertThat(rig.settled.values())
        .containsExactly(Outcome.DEAD_LETTERED, Outcome.DEAD_LETTERED, Outcome.HANDLED);
    assertThat(rig.discarded).hasSize(1);
    assertThat(rig.outputs.values()).containsExactly("out of 3");
  }

  @Test
  void a_discarded_batch_is_told_in_the_fields_of_lambdas_destinations() {
    var first = Instant.parse("2026-01-01T00:00:00Z");
    var batch =
        new DiscardedBatch(
            "f/in/shardId-000000000000/7:0#4",
            "headrace:app:f",
            "RetryAttemptsExhausted",
            4,
            Optional.of(DiscardedBatch.Answer.FAILED),
            first.plusMillis(61_250),
            "shardId-000000000000",
            "7",
            "9",
            first,
            first.plusSeconds(1),
            3,
            "in");
    assertThat(batch.toJson())
        .isEqualTo(
            "{\"requestContext\":{\"requestId\":\"f/in/shardId-000000000000/7:0#4\","
                + "\"functionArn\":\"headrace:app:f\",\"condition\":\"RetryAttemptsExhausted\","
                + "\"approximateInvokeCount\":4},\"responseContext\":{\"statusCode\":200,"
                + "\"executedVersion\":\"$LATEST\",\"functionError\":\"Unhandled\"},"
                + "\"version\":\"1.0\",\"timestamp\":\"2026-01-01T00:01:01.250Z\","
                + "\"KinesisBatchInfo\":{\"shardId\":\"shardId-000000000000\","
                + "\"startSequenceNumber\":\"7\",\"endSequenceNumber\":\"9\","
                + "\"approximateArrivalOfFirstRecord\":\"2026-01-01T00:00:00.000Z\","
                + "\"approximateArrivalOfLastRecord\":\"2026-01-01T00:00:01.000Z\","
                + "\"batchSize\":3,\"streamArn\":\"in\"}}");
    assertThat(answered(batch, Optional.of(DiscardedBatch.Answer.REPORTED_FAILURES)))
        .contains("\"statusCode\":200,\"executedVersion\":\"$LATEST\",\"functionError\":null}");
    assertThat(answered(batch, Optional.empty())).doesNotContain("responseContext");
  }

  private static String answered(DiscardedBatch of, Optional<DiscardedBatch.Answer> answer) {
    return new DiscardedBatch(
            of.requestId(),
            of.functionArn(),
            of.condition(),
            of.invokeCount(),
            answer,
            of.discardedAt(),
            of.shardId(),
            of.startSequenceNumber(),
            of.endSequenceNumber(),
            of.firstArrivedAt(),
            of.lastArrivedAt(),
            of.batchSize(),
            of.streamArn())
        .toJson();
  }

  @Test
  void a_call_that_is_out_of_time_uses_up_a_retry() {
    var begun = new AtomicInteger();
    var never = new CountDownLatch(1);
    BatchFunction<String, String> late =
        batch -> {
          begun.incrementAndGet();
          never.await();
        };
    try (var threads = new BoundedPool("test", 1, 10)) {
      var rig =
          new Rig(
              1,
              Rig.reading()
                  .timingOutAfter(Duration.ofSeconds(1))
                  .lambdaCompatible(EventSourceMapping.defaults().maximumRetryAttempts(1))
                  .handledInBatchesBy(() -> late, Destination.<String>nowhere()));
      rig.pool = threads;
      rig.start();
      rig.putAll("a=1", "b=2");
      for (int attempt = 1; attempt <= 2; attempt++) {
        int number = attempt;
        assertThat(rig.loop.runUntil(() -> begun.get() == number, 60_000)).isTrue();
        rig.advance(1_000);
        assertThat(
                rig.loop.runUntil(
                    () -> rig.events(FunctionEvent.RecordFailed.class).size() == number, 60_000))
            .isTrue();
        rig.advance(1_000);
      }
      assertThat(rig.loop.runUntil(() -> rig.settled.size() == 2, 60_000)).isTrue();
      assertThat(rig.discarded)
          .singleElement()
          .satisfies(
              batch -> {
                assertThat(batch.condition()).isEqualTo("RetryAttemptsExhausted");
                assertThat(batch.invokeCount()).isEqualTo(2);
                assertThat(batch.answer()).contains(DiscardedBatch.Answer.FAILED);
              });
      assertThat(rig.events(FunctionEvent.RecordFailed.class))
          .extracting(FunctionEvent.RecordFailed::code)
          .containsOnly("TimedOut");
    }
  }

  @Test
  void letters_hold_payloads_where_that_is_asked_for() {
    var mapping = EventSourceMapping.defaults().maximumRetryAttempts(0).payloadInLetters(true);
    var rig = rig(mapping.maximumRecordAgeInSeconds(60));
    throwing = "2"::equals;
    rig.put("a", "old", rig.loop.now().minusSeconds(61));
    rig.putAll("a=1", "a=2");
    rig.drain();
    assertThat(rig.discarded).isEmpty();
    assertThat(rig.letters)
        .extracting(letter -> letter.code() + " " + new String(letter.payloadBytes(), UTF_8))
        .containsExactlyInAnyOrder(
            "RecordAgeExceeded old", "RetryAttemptsExhausted 1", "RetryAttemptsExhausted 2");
    assertThat(rig.letters)
        .filteredOn(letter -> letter.code().equals("RecordAgeExceeded"))
        .allMatch(letter -> letter.attempts() == 0);
  }

  @Test
  void a_record_that_no_codec_reads_leaves_alone() {
    var rig = rig(EventSourceMapping.defaults());
    rig.putAll("a=1", "a=bad", "a=3");
    rig.drain();
    assertThat(calls).containsExactly(List.of("1", "3"), List.of("3"));
    assertThat(rig.discarded).extracting(DiscardedBatch::condition).containsExactly("Undecodable");
    assertThat(rig.settled.values())
        .containsExactly(Outcome.HANDLED, Outcome.DEAD_LETTERED, Outcome.HANDLED);
  }

  @Test
  void a_batch_that_waits_is_returned_when_the_shard_leaves() {
    var rig = rig(EventSourceMapping.defaults().parallelizationFactor(2).batchSize(2));
    throwing = "1"::equals;
    var positions = rig.putAll("a=1", "a=2", "a=3", "b=4");
    rig.advance(10);
    assertThat(rig.settled).containsOnlyKeys(positions.get(3));
    rig.leave();
    assertThat(rig.returned).containsExactlyInAnyOrderElementsOf(positions.subList(0, 3));
  }

  @Test
  void a_batch_that_waits_for_more_records_is_no_silence_to_the_watchdog() {
    var rig = rig(EventSourceMapping.defaults().maximumBatchingWindow(Duration.ofMinutes(5)));
    rig.put("a", "1");
    rig.advance(290_000);
    assertThat(calls).isEmpty();
    assertThat(rig.handler().standing(Duration.ofSeconds(10))).isEqualTo(Standing.RETRYING);
    rig.advance(10_000);
    assertThat(calls).containsExactly(List.of("1"));
  }

  @Test
  void nothing_is_called_while_the_lease_is_in_doubt_and_no_retry_is_lost_to_it() {
    var rig = rig(EventSourceMapping.defaults().maximumRetryAttempts(0));
    rig.leaseHeld = false;
    rig.put("a", "1");
    rig.advance(5_000);
    assertThat(calls).isEmpty();
    rig.leaseHeld = true;
    rig.drain();
    assertThat(rig.settled.values()).containsExactly(Outcome.HANDLED);
  }

  @Test
  void a_broken_deployment_pauses_before_its_batches_are_discarded_one_after_another() {
    throwing = value -> true;
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(RetryPolicy.forever().pausingAbove(0.5, 10))
                    .lambdaCompatible(EventSourceMapping.defaults().maximumRetryAttempts(0))
                    .handledInBatchesBy(() -> function, Destination.<String>nowhere()))
            .start();
    for (int i = 0; i < 300; i++) {
      rig.put("a", "v" + i);
      rig.advance(100);
    }
    assertThat(rig.outage()).hasValueSatisfying(o -> assertThat(o.dependency()).isEmpty());
    assertThat(rig.discarded.size()).as("5, and one a probe").isBetween(5, 18);
    throwing = value -> false;
    rig.drain();
    assertThat(rig.outage()).isEmpty();
  }

  @Test
  void outputs_of_what_will_be_called_again_are_dropped() {
    var rig = rig(EventSourceMapping.defaults());
    reported = value -> value.equals("2") && calls.size() < 3;
    rig.putAll("a=1", "a=2", "a=3");
    rig.drain();
    assertThat(calls).containsExactly(List.of("1", "2", "3"), List.of("2", "3"), List.of("2", "3"));
    assertThat(rig.outputsSent).isEqualTo(3);
  }

  @Test
  void an_error_of_the_virtual_machine_gives_the_shard_up() {
    BatchFunction<String, String> broken =
        batch -> {
          throw new OutOfMemoryError("no more");
        };
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .lambdaCompatible()
                    .handledInBatchesBy(() -> broken, Destination.<String>nowhere()))
            .start();
    rig.put("a", "1");
    rig.advance(1_000);
    assertThat(rig.failed).isInstanceOf(OutOfMemoryError.class);
    assertThat(rig.settled).isEmpty();
  }

  @Test
  void one_bad_record_that_bisection_looks_for_is_one_failure_and_pauses_nothing() {
    throwing = "poison"::equals;
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(RetryPolicy.forever().pausingAbove(0.3, 10))
                    .lambdaCompatible(
                        EventSourceMapping.defaults()
                            .bisectBatchOnFunctionError(true)
                            .maximumRetryAttempts(0))
                    .handledInBatchesBy(() -> function, Destination.<String>nowhere()))
            .start();
    var values = IntStream.range(0, 64).mapToObj(i -> "a=" + i).toArray(String[]::new);
    values[40] = "a=poison";
    rig.putAll(values);
    rig.drain();
    assertThat(rig.events(FunctionEvent.Outage.class)).isEmpty();
    assertThat(rig.discarded).hasSize(1);
  }

  @Test
  void a_batch_waits_for_no_others_while_no_others_can_come() {
    var rig = rig(EventSourceMapping.defaults().maximumBatchingWindow(Duration.ofMinutes(5)));
    rig.putAll("a=1", "b=2");
    rig.advance(1_000);
    assertThat(calls).isEmpty();
    rig.loop.execute(rig.handler()::hurry);
    rig.advance(1);
    assertThat(calls).containsExactly(List.of("1", "2"));
    rig.put("a", "3");
    rig.advance(1_000);
    assertThat(calls).as("then they wait again").hasSize(1);
  }

  @Test
  void however_many_batches_pass_a_lane_has_one_timer() {
    var rig =
        rig(
            EventSourceMapping.defaults()
                .batchSize(2)
                .maximumBatchingWindow(Duration.ofMinutes(5)));
    for (int i = 0; i < 50; i++) {
      rig.putAll("a=1", "a=2", "a=3", "a=4", "a=5");
      rig.advance(100);
    }
    assertThat(rig.settled).hasSize(250);
    var before = rig.loop.now();
    int turns = 0;
    while (rig.loop.nextDue().isPresent()) {
      rig.loop.advance(rig.loop.nextDue().get());
      turns++;
    }
    assertThat(turns).as("times at which the loop woke, from %s on", before).isLessThan(4);
  }

  /** Against a plain fold: each record comes out once, in the order of its lane, within bounds. */
  @Property(tries = 200)
  void every_record_is_handled_or_discarded_once_and_in_the_order_of_its_key(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    int retries = random.nextInt(4);
    int batchMax = 1 + random.nextInt(9);
    var mapping =
        EventSourceMapping.defaults()
            .batchSize(batchMax)
            .parallelizationFactor(1 + random.nextInt(4))
            .maximumBatchingWindow(Duration.ofSeconds(random.nextInt(3)))
            .bisectBatchOnFunctionError(random.nextBoolean())
            .maximumRetryAttempts(retries);
    int percent = random.nextInt(50);
    Map<String, List<Position>> succeeded = new HashMap<>();
    BatchFunction<String, String> chance =
        batch -> {
          assertThat(batch.size()).isBetween(1, batchMax);
          boolean isThrowing = random.nextInt(100) < percent;
          if (isThrowing && random.nextBoolean()) {
            throw new IllegalStateException("by chance");
          }
          for (var event : batch) {
            if (isThrowing && random.nextInt(3) == 0) {
              batch.fail(event, new IllegalStateException("by chance"));
              return;
            }
            batch.out(event).send(event.partitionKey());
            succeeded
                .computeIfAbsent(event.partitionKey(), key -> new ArrayList<>())
                .add(Position.of(event.id().sequence()));
          }
        };
    var rig =
        new Rig(
                seed,
                Rig.reading()
                    .lambdaCompatible(mapping)
                    .handledInBatchesBy(() -> chance, Destination.<String>nowhere()))
            .withSlowPool(5)
            .start();
    int count = random.nextInt(60);
    for (int i = 0; i < count; i++) {
      rig.put("k" + random.nextInt(6), "v");
      rig.advance(random.nextInt(200));
    }
    rig.drain();
    long discarded = rig.discarded.stream().mapToInt(DiscardedBatch::batchSize).sum();
    assertThat(rig.outputsSent + discarded).as("seed %s", seed).isEqualTo(count);
    assertThat(rig.discarded)
        .as("seed %s", seed)
        .allMatch(batch -> batch.invokeCount() == retries + 1);
    succeeded.values().forEach(its -> assertThat(its).as("seed %s", seed).isSorted());
  }
}
