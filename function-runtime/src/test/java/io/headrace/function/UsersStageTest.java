package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.loop.BoundedPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/**
 * What an asynchronous function answers with is user code: whatever it does concerns its record.
 */
class UsersStageTest {
  private final List<String> calls = new ArrayList<>();

  private void called(Event<String> event) {
    calls.add(event.value() + " " + event.attempt().number());
  }

  @Test
  void no_stage_is_the_records_failure_and_its_letter_says_so() {
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(RetryPolicy.upTo(0))
                    .handledAsyncBy(() -> (event, out) -> null, Destination.<String>nowhere()))
            .start();
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.letters)
        .singleElement()
        .extracting(DeadLetter::message)
        .isEqualTo("the function answered null instead of a stage");
  }

  @Test
  void a_stage_that_can_not_be_waited_for_is_the_records_failure() {
    AsyncRecordFunction<String, String> function =
        (event, out) -> {
          called(event);
          return event.attempt().number() == 1
              ? new Brittle<Void>()
              : CompletableFuture.completedFuture(null);
        };
    var rig =
        new Rig(1, Rig.reading().handledAsyncBy(() -> function, Destination.nowhere())).start();
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.failed).as("the shard goes on").isNull();
    assertThat(calls).containsExactly("1 1", "1 2");
  }

  @Test
  void a_stage_that_throws_when_it_is_cancelled_harms_nobody_else() {
    AsyncRecordFunction<String, String> function =
        (event, out) -> {
          called(event);
          var stage = new Uncancellable<Void>();
          if (event.attempt().number() == 2) {
            stage.complete(null);
          }
          return stage;
        };
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .timingOutAfter(Duration.ofSeconds(1))
                    .handledAsyncBy(() -> function, Destination.<String>nowhere()))
            .start();
    rig.putAll("a=1", "b=2");
    rig.drain();
    assertThat(rig.failed).isNull();
    assertThat(calls).containsExactlyInAnyOrder("1 1", "1 2", "2 1", "2 2");
  }

  @Test
  void all_calls_are_abandoned_though_a_stage_throws_when_it_is_cancelled() {
    var stages = new ArrayList<CompletableFuture<Void>>();
    AsyncRecordFunction<String, String> function =
        (event, out) -> {
          called(event);
          var stage =
              event.value().equals("last")
                  ? new CompletableFuture<Void>()
                  : new Uncancellable<Void>();
          stages.add(stage);
          return stage;
        };
    var rig =
        new Rig(1, Rig.reading().handledAsyncBy(() -> function, Destination.nowhere())).start();
    rig.putAll("a=1", "b=2", "c=last");
    rig.advance(1);
    rig.handler().abandon();
    rig.advance(1);
    assertThat(stages).hasSize(3);
    assertThat(stages.get(calls.indexOf("last 1"))).isCancelled();
  }

  @Test
  void what_hangs_on_a_stage_that_is_cancelled_runs_on_the_functions_pool() {
    var entered = new AtomicInteger();
    var cancelledBy = new LinkedBlockingQueue<String>();
    AsyncRecordFunction<String, String> function =
        (event, out) -> {
          entered.incrementAndGet();
          var stage = new CompletableFuture<Void>();
          var unused =
              stage.whenComplete(
                  (done, thrown) -> cancelledBy.add(Thread.currentThread().getName()));
          return stage;
        };
    try (var pool = new BoundedPool("users", 1, 8)) {
      var rig =
          new Rig(
              1,
              Rig.reading()
                  .timingOutAfter(Duration.ofSeconds(1))
                  .handledAsyncBy(() -> function, Destination.<String>nowhere()));
      rig.pool = pool;
      rig.start();
      rig.putAll("a=1", "b=2");
      assertThat(rig.loop.runUntil(() -> entered.get() == 2, 60_000)).isTrue();
      rig.advance(1_000);
      assertThat(taken(cancelledBy)).as("out of time").startsWith("users-");
      assertThat(taken(cancelledBy)).as("out of time").startsWith("users-");

      rig.put("c", "3");
      assertThat(rig.loop.runUntil(() -> entered.get() == 3, 60_000)).isTrue();
      rig.loop.execute(rig.handler()::abandon);
      rig.loop.runUntilIdle();
      assertThat(taken(cancelledBy)).as("abandoned").startsWith("users-");
    }
  }

  private static String taken(BlockingQueue<String> names) {
    try {
      return String.valueOf(names.poll(60, TimeUnit.SECONDS));
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @Test
  void a_stage_that_goes_on_when_its_function_rests_has_a_lower_token_than_the_next_attempt() {
    var tokens = new ArrayList<Long>();
    AsyncRecordFunction<String, String> function =
        (event, out) -> {
          tokens.add(event.attempt().fencingToken());
          // Its client heeds no cancellation.
          return tokens.size() == 1
              ? new CompletableFuture<String>().thenApply(String::trim)
              : CompletableFuture.completedFuture(null);
        };
    var rig =
        new Rig(1, Rig.reading().handledAsyncBy(() -> function, Destination.<String>nowhere()))
            .start();
    rig.put("a", "1");
    rig.advance(1);
    rig.rest();
    rig.drain();
    assertThat(tokens).hasSize(2);
    assertThat(tokens.get(1)).isGreaterThan(tokens.get(0));
  }

  private static class Uncancellable<T> extends CompletableFuture<T> {
    @Override
    public boolean cancel(boolean mayInterrupt) {
      throw new IllegalStateException("not to be cancelled");
    }
  }

  private static final class Brittle<T> extends CompletableFuture<T> {
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
      return new Brittle<>();
    }

    @Override
    public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> action) {
      throw new IllegalStateException("not to be waited for");
    }
  }
}
