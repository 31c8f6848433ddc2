package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BatchHandlerTest {
  private final List<List<String>> calls = new ArrayList<>();
  private Predicate<String> named = value -> false;
  private Predicate<String> throwing = value -> false;

  private Rig rig(RetryPolicy retry) {
    BatchFunction<String, String> function =
        batch -> {
          var values = new ArrayList<String>();
          for (var event : batch) {
            values.add(event.value());
            batch.out(event).send("out of " + event.value());
            if (named.test(event.value())) {
              batch.fail(event, new IllegalStateException("named"));
            }
          }
          assertThat(batch.size()).isEqualTo(values.size());
          calls.add(values);
          if (values.stream().anyMatch(throwing)) {
            throw new IllegalStateException("thrown");
          }
        };
    return new Rig(
            1,
            Rig.reading()
                .batching(100, Duration.ZERO)
                .retrying(retry)
                .handledInBatchesBy(() -> function, Destination.<String>nowhere()))
        .start();
  }

  @Test
  void nothing_begins_any_more_once_the_shard_is_given_up() {
    var begun = new ArrayList<String>();
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .batching(2, Duration.ZERO)
                    .handledInBatchesBy(
                        () ->
                            batch -> {
                              begun.add(batch.iterator().next().value());
                              throw new OutOfMemoryError("no more");
                            },
                        Destination.<String>nowhere()))
            .start();
    rig.putAll("a=1", "b=2", "c=3", "d=4");
    rig.advance(60_000);
    assertThat(rig.failed).isInstanceOf(OutOfMemoryError.class);
    assertThat(begun).containsExactly("1");
  }

  @Test
  void records_that_came_together_are_handed_over_together() {
    var rig = rig(RetryPolicy.forever());
    rig.putAll("a=1", "b=2", "a=3");
    rig.drain();
    assertThat(calls).containsExactly(List.of("1", "2", "3"));
    assertThat(rig.outputs).containsEntry("in/shardId-000000000000/2:0#0", "out of 2").hasSize(3);
  }

  @Test
  void a_record_that_failed_by_name_is_tried_again_alone_while_the_others_are_done() {
    var rig = rig(RetryPolicy.forever());
    named = "2"::equals;
    var positions = rig.putAll("a=1", "b=2", "c=3");
    rig.advance(10);
    assertThat(rig.settled).containsOnlyKeys(positions.get(0), positions.get(2));
    assertThat(rig.outputs.values()).doesNotContain("out of 2");
    rig.put("b", "4");
    rig.put("d", "5");
    rig.advance(10);
    assertThat(rig.settled).as("other keys go on, its own waits").hasSize(3);

    named = value -> false;
    rig.drain();
    assertThat(calls)
        .containsExactly(List.of("1", "2", "3"), List.of("5"), List.of("2"), List.of("4"));
  }

  @Test
  void a_batch_that_throws_is_tried_again_and_then_halved_until_the_bad_record_is_alone() {
    var rig = rig(RetryPolicy.upTo(1));
    throwing = "5"::equals;
    var positions = rig.putAll("a=1", "b=2", "c=3", "d=4", "e=5", "f=6", "g=7", "h=8");
    rig.drain();
    assertThat(calls.subList(0, 2)).allSatisfy(call -> assertThat(call).hasSize(8));
    assertThat(calls.subList(2, calls.size()))
        .containsExactlyInAnyOrder(
            List.of("1", "2", "3", "4"),
            List.of("5", "6", "7", "8"),
            List.of("5", "6"),
            List.of("7", "8"),
            List.of("5"),
            List.of("6"),
            List.of("5"));
    assertThat(rig.settled)
        .containsEntry(positions.get(4), Outcome.DEAD_LETTERED)
        .containsEntry(positions.get(5), Outcome.HANDLED);
    assertThat(rig.letters)
        .singleElement()
        .extracting(DeadLetter::code)
        .isEqualTo("RetryAttemptsExhausted");
    assertThat(rig.outputs).hasSize(7);
  }

  @Test
  void what_can_not_be_decoded_is_a_letter_and_the_rest_is_handled() {
    var rig = rig(RetryPolicy.forever());
    rig.putAll("a=1", "b=bad", "c=3");
    rig.drain();
    assertThat(calls).containsExactly(List.of("1", "3"));
    assertThat(rig.letters).hasSize(1);
  }

  @Test
  void an_output_for_a_record_of_another_batch_is_refused() {
    var kept = new ArrayList<Event<String>>();
    var refused = new ArrayList<String>();
    BatchFunction<String, String> function =
        batch -> {
          for (var event : kept) {
            try {
              batch.out(event).send("x");
            } catch (IllegalArgumentException wrong) {
              refused.add(wrong.getMessage());
            }
          }
          batch.forEach(kept::add);
        };
    var rig =
        new Rig(1, Rig.reading().handledInBatchesBy(() -> function, Destination.<String>nowhere()))
            .start();
    rig.put("a", "1");
    rig.advance(10);
    rig.put("a", "2");
    rig.drain();
    assertThat(refused).singleElement().asString().contains("not of this batch");
  }

  /** Nothing of it may be called but what its author's function calls. */
  private static final class Touchy {
    @Override
    public int hashCode() {
      throw new IllegalStateException("hashCode");
    }

    @Override
    public boolean equals(@Nullable Object other) {
      throw new IllegalStateException("equals");
    }
  }

  @Test
  @SuppressWarnings("unchecked")
  void values_are_compared_by_nobody() {
    Codec<Touchy> codec =
        new Codec<>() {
          @Override
          public Touchy decode(byte[] bytes, int version) {
            return new Touchy();
          }

          @Override
          public byte[] encode(Touchy value) {
            return new byte[0];
          }
        };
    BatchFunction<Touchy, String> each =
        batch -> batch.forEach(event -> batch.out(event).send("out"));
    FunctionSpec<?, String> spec =
        FunctionSpec.named("f")
            .reading(Input.of(StreamSource.kinesis("in"), codec))
            .handledInBatchesBy(() -> each, Destination.<String>nowhere());
    var rig = new Rig(1, (FunctionSpec<String, String>) spec).start();
    rig.putAll("a=1", "a=2");
    rig.drain();
    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED).hasSize(2);
    assertThat(rig.outputs).hasSize(2);
  }

  @Property(tries = 150)
  void nothing_is_lost_and_the_order_of_a_key_holds_when_batches_throw(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    int failurePercent = random.nextInt(40);
    int batchMax = 1 + random.nextInt(12);
    Map<String, List<Position>> succeeded = new HashMap<>();
    var running = new boolean[1];
    BatchFunction<String, String> function =
        batch -> {
          assertThat(running[0]).isFalse();
          running[0] = true;
          assertThat(batch.size()).isLessThanOrEqualTo(batchMax);
          try {
            if (random.nextInt(100) < failurePercent) {
              throw new IllegalStateException("by chance");
            }
            for (var event : batch) {
              batch.out(event).send(event.partitionKey());
              succeeded
                  .computeIfAbsent(event.partitionKey(), key -> new ArrayList<>())
                  .add(Position.of(event.id().sequence()));
            }
          } finally {
            running[0] = false;
          }
        };
    var rig =
        new Rig(
                seed,
                Rig.reading()
                    .batching(batchMax, Duration.ZERO)
                    .retrying(
                        RetryPolicy.forever()
                            .backingOff(Duration.ofMillis(1), Duration.ofMillis(50)))
                    .handledInBatchesBy(() -> function, Destination.<String>nowhere()))
            .withSlowPool(5)
            .start();
    int count = random.nextInt(100);
    for (int i = 0; i < count; i++) {
      rig.put("k" + random.nextInt(5), "v");
      if (random.nextInt(3) == 0) {
        rig.advance(random.nextInt(20));
      }
    }
    rig.drain();
    assertThat(rig.outputsSent).as("seed %s", seed).isEqualTo(count);
    succeeded.values().forEach(positions -> assertThat(positions).as("seed %s", seed).isSorted());
  }
}
