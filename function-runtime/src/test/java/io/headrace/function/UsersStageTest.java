package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
    assertThat(stages).hasSize(3);
    assertThat(stages.get(calls.indexOf("last 1"))).isCancelled();
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
