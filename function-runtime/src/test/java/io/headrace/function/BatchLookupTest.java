package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.loop.SimulatedLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BatchLookupTest {
  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final List<Set<String>> asked = new ArrayList<>();
  private final List<CompletableFuture<Map<String, Integer>>> answers = new ArrayList<>();

  private CompletionStage<Map<String, Integer>> load(Set<String> keys) {
    asked.add(new TreeSet<>(keys));
    var answer = new CompletableFuture<Map<String, Integer>>();
    answers.add(answer);
    return answer;
  }

  private BatchLookup<String, Integer> lookup() {
    return BatchLookup.of(this::load).timedBy(loop);
  }

  private CompletableFuture<Optional<Integer>> get(BatchLookup<String, Integer> from, String key) {
    return from.get(key).toCompletableFuture();
  }

  private void ask(BatchLookup<String, Integer> from, String key) {
    var unused = from.get(key);
  }

  private void advance(long millis) {
    loop.advance(Duration.ofMillis(millis));
  }

  @Test
  void keys_of_concurrent_records_go_in_one_call_when_their_number_is_reached() {
    var lookup = lookup().upTo(3, Duration.ofSeconds(1));
    var a = get(lookup, "a");
    var b = get(lookup, "b");
    assertThat(asked).isEmpty();
    var c = get(lookup, "c");
    assertThat(asked).containsExactly(Set.of("a", "b", "c"));
    answers.get(0).complete(Map.of("a", 1, "b", 2));
    assertThat(a).isCompletedWithValue(Optional.of(1));
    assertThat(b).isCompletedWithValue(Optional.of(2));
    assertThat(c).as("no value").isCompletedWithValue(Optional.empty());
    advance(5_000);
    assertThat(asked).as("the timer of a full call asks nothing").hasSize(1);
  }

  @Test
  void keys_go_when_the_first_of_them_has_waited_long_enough() {
    var lookup = lookup().upTo(100, Duration.ofMillis(5));
    var a = get(lookup, "a");
    advance(4);
    var b = get(lookup, "b");
    assertThat(asked).isEmpty();
    advance(1);
    assertThat(asked).containsExactly(Set.of("a", "b"));
    answers.get(0).complete(Map.of("a", 1, "b", 2));
    assertThat(a).isCompleted();
    assertThat(b).isCompleted();
  }

  @Test
  void without_a_wait_each_key_goes_at_once() {
    var lookup = lookup().upTo(100, Duration.ZERO);
    ask(lookup, "a");
    ask(lookup, "b");
    assertThat(asked).containsExactly(Set.of("a"), Set.of("b"));
  }

  @Test
  void those_who_ask_for_one_key_share_a_call_while_it_waits_and_while_it_is_under_way() {
    var lookup = lookup();
    var first = get(lookup, "a");
    var second = get(lookup, "a");
    advance(5);
    var third = get(lookup, "a");
    advance(5);
    assertThat(asked).containsExactly(Set.of("a"));
    answers.get(0).complete(Map.of("a", 1));
    assertThat(List.of(first, second, third)).allMatch(CompletableFuture::isDone);
    assertThat(lookup.figures()).isEqualTo(new BatchLookup.Figures(3, 0, 2, 1, 1, 0, 0));
  }

  @Test
  void one_that_is_cancelled_leaves_those_who_share_its_call_alone() {
    var lookup = lookup();
    var first = get(lookup, "a");
    var second = get(lookup, "a");
    assertThat(first.cancel(true)).isTrue();
    advance(5);
    answers.get(0).complete(Map.of("a", 1));
    assertThat(second).isCompletedWithValue(Optional.of(1));
  }

  @Test
  void values_and_their_absence_are_kept_for_their_age() {
    var lookup = lookup().cachingFor(Duration.ofMinutes(1), 10);
    ask(lookup, "a");
    ask(lookup, "none");
    advance(5);
    advance(100); // The call takes so long, and the value may be as old.
    answers.get(0).complete(Map.of("a", 1));
    advance(59_899);
    assertThat(get(lookup, "a")).isCompletedWithValue(Optional.of(1));
    assertThat(get(lookup, "none")).isCompletedWithValue(Optional.empty());
    assertThat(lookup.figures().hits()).isEqualTo(2);
    advance(1);
    assertThat(get(lookup, "a")).isNotDone();
    advance(5);
    assertThat(asked).containsExactly(Set.of("a", "none"), Set.of("a"));
  }

  @Test
  void the_cache_holds_so_many_and_drops_what_nobody_asked_for_longest() {
    var lookup = lookup().upTo(1, Duration.ZERO).cachingFor(Duration.ofHours(1), 2);
    for (var key : List.of("a", "b")) {
      ask(lookup, key);
      answers.get(answers.size() - 1).complete(Map.of(key, 1));
    }
    ask(lookup, "a");
    ask(lookup, "c");
    answers.get(2).complete(Map.of("c", 1));
    assertThat(lookup.figures().entries()).isEqualTo(2);
    assertThat(get(lookup, "a")).isDone();
    assertThat(get(lookup, "c")).isDone();
    assertThat(get(lookup, "b")).as("had to go").isNotDone();
  }

  @Test
  void a_call_that_fails_names_the_key_and_is_not_cached() {
    var lookup = lookup().cachingFor(Duration.ofHours(1), 10);
    var a = get(lookup, "a");
    ask(lookup, "b");
    advance(5);
    var cause = new IOException("connection refused");
    answers.get(0).completeExceptionally(cause);
    assertThatThrownBy(a::join)
        .isInstanceOf(CompletionException.class)
        .hasMessage("look-up of a in a call for 2 keys: connection refused")
        .hasCause(cause);
    assertThat(lookup.figures().failures()).isEqualTo(1);
    ask(lookup, "a");
    advance(5);
    assertThat(asked).containsExactly(Set.of("a", "b"), Set.of("a"));
  }

  @Test
  void a_short_answer_fails_the_keys_that_it_lacks_and_no_others_where_all_are_to_be_answered() {
    var lookup = lookup().answeringAll().cachingFor(Duration.ofHours(1), 10);
    var a = get(lookup, "a");
    var gone = get(lookup, "gone");
    var left = get(lookup, "left");
    advance(5);
    var answer = new HashMap<String, Integer>();
    answer.put("a", 1);
    answer.put("gone", null);
    answers.get(0).complete(answer);
    assertThat(a).isCompletedWithValue(Optional.of(1));
    assertThat(gone).isCompletedWithValue(Optional.empty());
    assertThatThrownBy(left::join)
        .hasCauseInstanceOf(LookupException.class)
        .hasMessageContaining(
            "look-up of left: the service answered for 2 of 3 keys, and not for this one");
    assertThat(lookup.figures().entries()).isEqualTo(2);
  }

  @Test
  void a_call_without_an_answer_ends_and_what_it_answers_later_is_dropped() {
    var lookup = lookup().timingOutAfter(Duration.ofSeconds(2)).cachingFor(Duration.ofHours(1), 10);
    var a = get(lookup, "a");
    advance(2_004);
    assertThat(a).isNotDone();
    advance(1);
    assertThatThrownBy(a::join)
        .hasMessageContaining("look-up of a")
        .hasMessageContaining("no answer within PT2S");
    var again = get(lookup, "a");
    advance(5);
    answers.get(0).complete(Map.of("a", 1));
    assertThat(again).as("waits for a call of its own").isNotDone();
    assertThat(lookup.figures().entries()).isZero();
    answers.get(1).complete(Map.of("a", 2));
    assertThat(again).isCompletedWithValue(Optional.of(2));
  }

  @Test
  void whatever_a_loader_does_fails_its_keys_and_nobody_waits_for_ever() {
    BatchLookup<String, Integer> throwing =
        BatchLookup.<String, Integer>of(
                keys -> {
                  throw new IllegalStateException("no client");
                })
            .timedBy(loop);
    BatchLookup<String, Integer> silent =
        BatchLookup.<String, Integer>of(keys -> null).timedBy(loop);
    BatchLookup<String, Integer> empty =
        BatchLookup.<String, Integer>of(
                keys -> CompletableFuture.<Map<String, Integer>>completedFuture(null))
            .timedBy(loop);
    var asks = List.of(get(throwing, "a"), get(silent, "a"), get(empty, "a"));
    advance(5);
    assertThatThrownBy(asks.get(0)::join).hasMessageContaining("no client");
    assertThatThrownBy(asks.get(1)::join).hasMessageContaining("no stage");
    assertThatThrownBy(asks.get(2)::join).hasMessageContaining("null instead of a map");
  }

  /** On real threads, as timers have one of their own. */
  @Test
  void a_service_that_blocks_ends_in_time_and_holds_no_other_look_up_up() throws Exception {
    var gate = new CountDownLatch(1);
    BatchLookup<String, Integer> blocking =
        BatchLookup.<String, Integer>of(
                keys -> {
                  try {
                    gate.await();
                  } catch (InterruptedException interrupted) {
                    throw new IllegalStateException(interrupted);
                  }
                  return CompletableFuture.completedFuture(Map.of());
                })
            .timingOutAfter(Duration.ofMillis(50));
    BatchLookup<String, Integer> quick =
        BatchLookup.of(keys -> CompletableFuture.completedFuture(Map.of("b", 2)));
    try {
      var a = get(blocking, "a");
      assertThat(get(quick, "b").get(60, TimeUnit.SECONDS)).contains(2);
      assertThatThrownBy(() -> a.get(60, TimeUnit.SECONDS))
          .hasMessageContaining("no answer within PT0.05S");
    } finally {
      gate.countDown();
    }
  }

  /** Of a user's making, both. */
  private static final class Unspeakable extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no words");
    }
  }

  private record Shy(int number) {
    @Override
    public String toString() {
      throw new IllegalStateException("no name");
    }
  }

  @Test
  void keys_and_failures_that_can_not_be_shown_keep_nobody_waiting() {
    BatchLookup<Shy, Integer> failing =
        BatchLookup.<Shy, Integer>of(keys -> CompletableFuture.failedFuture(new Unspeakable()))
            .upTo(2, Duration.ofMillis(5))
            .timedBy(loop);
    BatchLookup<Shy, Integer> lacking =
        BatchLookup.<Shy, Integer>of(keys -> CompletableFuture.completedFuture(Map.of()))
            .upTo(2, Duration.ofMillis(5))
            .answeringAll()
            .timedBy(loop);
    for (var lookup : List.of(failing, lacking)) {
      var asks = List.of(lookup.get(new Shy(1)), lookup.get(new Shy(2)));
      assertThat(asks).allMatch(ask -> ask.toCompletableFuture().isCompletedExceptionally());
    }
  }

  @Test
  void its_failures_are_classified_by_their_cause() {
    var lookup = lookup().upTo(10, Duration.ofMillis(5));
    AsyncRecordFunction<String, String> function =
        (event, out) ->
            lookup.get(event.value()).thenAccept(found -> out.send(event.value() + found.get()));
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(RetryPolicy.upTo(0).unavailableOn(IOException.class))
                    .handledAsyncBy(() -> function, Destination.<String>nowhere()))
            .start();
    rig.putAll("k1=a", "k2=b");
    rig.advance(1);
    advance(5);
    answers.get(0).completeExceptionally(new IOException("down"));
    rig.advance(5_000);
    advance(5);
    assertThat(rig.letters).as("costs no attempt").isEmpty();
    assertThat(asked).hasSizeGreaterThanOrEqualTo(2);
    for (int i = 0; i < 20; i++) {
      answers.forEach(answer -> answer.complete(Map.of("a", 1, "b", 2)));
      rig.advance(1_000);
      advance(5);
    }
    rig.drain();
    assertThat(rig.outputs.values()).containsExactlyInAnyOrder("a1", "b2");
  }

  @Test
  void options_out_of_range_are_refused() {
    assertThatThrownBy(() -> lookup().upTo(0, Duration.ZERO)).hasMessageContaining("upTo 0 keys");
    assertThatThrownBy(() -> lookup().upTo(5, Duration.ofHours(1)))
        .hasMessageContaining("orAfter PT1H: must be between PT0S and PT1M");
    assertThatThrownBy(() -> lookup().cachingFor(Duration.ZERO, 5))
        .hasMessageContaining("age PT0S");
    assertThatThrownBy(() -> lookup().cachingFor(Duration.ofHours(1), 0))
        .hasMessageContaining("cachingFor 0 entries");
    assertThatThrownBy(() -> lookup().timingOutAfter(Duration.ofHours(2)))
        .hasMessageContaining("timingOutAfter PT2H");
  }
}
