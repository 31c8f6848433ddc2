package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.state.StateCache;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.KeyStanding;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OutboxTest {
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);
  private static final HashRange LEFT =
      new HashRange(BigInteger.ZERO, HALF.subtract(BigInteger.ONE));
  private static final HashRange RIGHT = new HashRange(HALF, HashRange.ALL.last());
  private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");
  private static final Side<String> ASIDE = Side.named("aside", String.class);

  /** Tells calls apart, so that an output shows by which one it was made. */
  private final AtomicInteger calls = new AtomicInteger();

  /** Sends key, value and the number of the call; a value may say how long the output is. */
  private final class Counting implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      var value = event.value();
      var filler = value.startsWith("long") ? "x".repeat(1 << 20) : "";
      out.send(event.partitionKey() + " " + value + " by call " + calls.incrementAndGet() + filler);
      if (value.equals("aside")) {
        out.send(ASIDE, event.partitionKey());
      }
      return Next.state(state + value);
    }
  }

  private static Destination<String> stream() {
    return Destination.stream("out", new Texts(), value -> value.split(" ", 2)[0]);
  }

  private FunctionSpec<String, String> counting() {
    return keyed().handledBy(Counting::new, stream());
  }

  private static FunctionSpec.Keyed<String, String> keyed() {
    return Rig.reading().sendingSide(ASIDE, stream()).keyedBy(Keys.partitionKey(), new Texts());
  }

  private Rig started() {
    return new Rig(1, counting()).start().restore();
  }

  /** The output of a committed call waits, as its sink is down. */
  private Rig leaving(String value) {
    var rig = started();
    rig.outputsDown = true;
    rig.put("a", value);
    rig.drain();
    commit(rig);
    return rig;
  }

  private static void commit(Rig rig) {
    rig.commit();
    rig.advance(1_000);
  }

  @Test
  void an_output_leaves_when_the_commit_stands_that_has_its_state() {
    var rig = started();
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.outputs).isEmpty();
    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("a 1 by call 1");
  }

  @Test
  void what_was_never_committed_is_never_told() {
    var rig = started();
    rig.put("a", "1");
    rig.drain();
    rig.crash();
    rig.drain();
    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("a 1 by call 2");
    assertThat(rig.outputsSent).isEqualTo(1);
  }

  @Test
  void what_is_committed_and_not_sent_is_sent_by_the_next_owner_as_it_was() {
    var rig = started();
    rig.outputsDown = true;
    rig.put("a", "1");
    rig.put("b", "2");
    rig.drain();
    commit(rig);
    rig.crash();
    assertThat(rig.outputs).isEmpty();
    rig.outputsDown = false;
    rig.advance(60_000);
    assertThat(rig.outputs.values()).containsExactlyInAnyOrder("a 1 by call 1", "b 2 by call 2");
    assertThat(calls).hasValue(2);
  }

  @Test
  void what_was_sent_is_sent_again_the_same_until_a_commit_says_so() {
    var rig = started();
    rig.put("a", "1");
    rig.drain();
    commit(rig);
    rig.crash();
    rig.advance(1_000);
    assertThat(rig.outputsSent).isEqualTo(2);
    assertThat(rig.outputs.values()).containsExactly("a 1 by call 1");
    commit(rig);
    rig.crash();
    rig.advance(1_000);
    assertThat(rig.outputsSent).isEqualTo(2);
  }

  @Test
  void that_it_was_sent_asks_for_a_commit() {
    var rig = started();
    rig.put("a", "1");
    rig.drain();
    int before = rig.stateChanges;
    commit(rig);
    assertThat(rig.stateChanges).isGreaterThan(before);
  }

  @Test
  void outputs_of_a_commit_whose_answer_is_missing_wait_for_the_next() {
    var rig = started();
    rig.put("a", "1");
    rig.drain();
    var parts = new ArrayList<CommitParts>();
    rig.loop.execute(
        () -> {
          var unused = rig.handler().snapshot().thenAccept(parts::add);
        });
    rig.advance(1_000);
    assertThat(parts).hasSize(1);
    assertThat(rig.outputs).isEmpty();
    rig.put("a", "2");
    rig.drain();
    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("a 1 by call 1", "a 2 by call 2");
  }

  @Test
  void a_key_whose_sink_refuses_it_waits_in_order_and_comes_in_order() {
    var rig = started();
    rig.outputsDown = true;
    for (int i = 0; i < 5; i++) {
      rig.put("a", "" + i);
      rig.drain();
      commit(rig);
    }
    rig.outputsDown = false;
    rig.advance(60_000);
    assertThat(rig.outputs.values())
        .containsExactlyElementsOf(
            IntStream.range(0, 5).mapToObj(i -> "a " + i + " by call " + (i + 1)).toList());
    assertThat(rig.events(FunctionEvent.SinkRecovered.class)).isNotEmpty();
  }

  @Test
  void more_than_its_bound_does_not_wait_and_the_position_waits_instead() {
    var rig = started();
    rig.outputsDown = true;
    for (int i = 0; i < 20; i++) {
      rig.put("k" + i, "long");
      rig.advance(100);
      commit(rig);
    }
    int called = calls.get();
    assertThat(called).isEqualTo((int) (Outbox.BYTES_MAX >> 20));
    assertThat(rig.settled).hasSize(called);
    assertThat(rig.handler().standing(Duration.ofMinutes(5)).name()).isEqualTo("RETRYING");
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class)).isNotEmpty();
    rig.outputsDown = false;
    for (int i = 0; i < 120; i++) {
      rig.advance(1_000);
      commit(rig);
    }
    assertThat(rig.settled).hasSize(20);
    assertThat(rig.outputs).hasSize(20);
  }

  @Test
  void outputs_of_so_many_calls_wait_and_no_more_calls_are_begun() {
    var rig = started();
    rig.outputsDown = true;
    int all = Outbox.ENTRIES_MAX + 2 * FunctionSpec.IN_FLIGHT_DEFAULT;
    rig.putAll(IntStream.range(0, all).mapToObj(i -> "k" + i % 50 + "=1").toArray(String[]::new));
    rig.advance(1_000);
    assertThat(calls.get())
        .isBetween(Outbox.ENTRIES_MAX, Outbox.ENTRIES_MAX + FunctionSpec.IN_FLIGHT_DEFAULT);
    commit(rig);
    rig.outputsDown = false;
    for (int i = 0; i < 60; i++) {
      rig.advance(1_000);
      commit(rig);
    }
    assertThat(rig.outputs).hasSize(all);
  }

  @Test
  void each_child_sends_what_belongs_to_its_keys_and_a_merged_one_what_both_left() {
    var parent = started();
    parent.outputsDown = true;
    for (int i = 0; i < 16; i++) {
      parent.put("k" + i, "1");
      parent.put("k" + i, "2");
    }
    parent.drain();
    var left = parent.child("shardId-000000000001", LEFT, parent);
    var right = parent.child("shardId-000000000002", RIGHT, parent);
    left.outputsDown = true;
    left.advance(100);
    right.advance(1_000);
    var sentRight = List.copyOf(right.outputs.values());
    assertThat(sentRight).isNotEmpty().hasSizeLessThan(32);
    assertThat(sentRight)
        .allSatisfy(each -> assertThat(RIGHT.holds(each.toString().split(" ", 2)[0])).isTrue());
    commit(right);
    var merged = left.child("shardId-000000000003", HashRange.ALL, left, right);
    merged.advance(1_000);
    assertThat(merged.outputs.values()).doesNotContainAnyElementsOf(sentRight);
    var all = new ArrayList<Object>(merged.outputs.values());
    all.addAll(left.outputs.values());
    assertThat(all.stream().distinct()).hasSize(32 - sentRight.size());
    for (int i = 0; i < 16; i++) {
      var key = "k" + i + " ";
      assertThat(merged.outputs.values().stream().filter(e -> e.toString().startsWith(key)))
          .isSortedAccordingTo((a, b) -> a.toString().compareTo(b.toString()));
    }
  }

  @Test
  void children_of_one_range_join_what_two_parents_held_of_a_key() {
    var one = started();
    var other = started();
    one.outputsDown = true;
    other.outputsDown = true;
    other.sequence = 100;
    one.put("a", "1");
    other.put("b", "2");
    one.drain();
    other.drain();
    other.chunks = one.chunks;
    var child = one.child("shardId-000000000003", HashRange.ALL, one, other);
    child.advance(1_000);
    assertThat(child.outputs.values()).containsExactlyInAnyOrder("a 1 by call 1", "b 2 by call 2");
  }

  @Test
  void sides_wait_with_the_others_and_are_found_again() {
    var rig = leaving("aside");
    rig.crash();
    rig.outputsDown = false;
    rig.advance(60_000);
    assertThat(rig.outputs.values()).containsExactly("a aside by call 1");
    assertThat(rig.sides).containsExactly("a");
  }

  @Test
  void a_side_that_is_gone_is_named_and_nothing_is_lost() {
    var rig = leaving("aside");
    var without =
        Rig.reading()
            .keyedBy(Keys.<String>partitionKey(), new Texts())
            .handledBy(Counting::new, stream());
    rig.redeploy(without);
    assertThatThrownBy(rig::crash)
        .hasRootCauseInstanceOf(CheckpointException.class)
        .hasStackTraceContaining("no such side")
        .hasStackTraceContaining("aside");
  }

  @Test
  void a_version_that_emits_early_sends_what_the_former_one_left_and_keeps_nothing() {
    var rig = leaving("1");
    rig.redeploy(keyed().emittingEarly().handledBy(Counting::new, stream()));
    rig.outputsDown = false;
    rig.crash();
    rig.advance(1_000);
    assertThat(rig.outputs.values()).containsExactly("a 1 by call 1");
    rig.put("a", "2");
    rig.drain();
    assertThat(rig.outputs.values()).containsExactly("a 1 by call 1", "a 2 by call 2");
  }

  @Test
  void a_function_without_state_of_the_same_name_sends_what_the_former_one_left() {
    var rig = leaving("1");
    rig.redeploy(Rig.reading().handledBy(() -> (event, out) -> {}, stream()));
    rig.outputsDown = false;
    assertThatThrownBy(rig::crash)
        .hasMessageContaining("there is state, which this version of the function does not keep")
        .hasMessageContaining("headrace seek FILE --function f");
    var soughtTo = rig.commit.parts().stream().map(CommitParts::moved).toList();
    rig.commit = new Rig.Commit(rig.commit.settled(), soughtTo);
    rig.crash();
    rig.advance(1_000);
    assertThat(rig.outputs.values()).containsExactly("a 1 by call 1");
  }

  @Test
  void a_version_that_sends_at_once_waits_for_what_the_former_one_left() {
    var rig = leaving("1");
    rig.redeploy(keyed().emittingEarly().handledBy(Counting::new, stream()));
    rig.crash();
    rig.advance(20_000);
    rig.outputsDown = false;
    rig.put("a", "2");
    rig.drain();
    assertThat(rig.outputs.values()).containsExactly("a 1 by call 1", "a 2 by call 2");
  }

  @Test
  void it_says_how_much_waits_and_for_how_long() {
    var rig = started();
    rig.outputsDown = true;
    rig.put("a", "1");
    rig.put("b", "1");
    rig.drain();
    commit(rig);
    rig.advance(60_000);
    var standing = rig.handler().keys();
    assertThat(standing.outputs()).isEqualTo(2);
    assertThat(standing.outputBytes()).isPositive();
    assertThat(standing.outputAge()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(70));
    rig.outputsDown = false;
    rig.advance(60_000);
    assertThat(rig.handler().keys()).isEqualTo(KeyStanding.NONE);
  }

  @Test
  void what_has_no_codec_is_told_before_the_commit_and_with_one_behind_it() {
    var told = new ArrayList<String>();
    var callback = Destination.<String>callback(told::add);
    var rig = new Rig(1, keyed().handledBy(Counting::new, callback)).start().restore();
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.outputs).hasSize(1);
    var keeping =
        new Rig(1, keyed().handledBy(Counting::new, callback.keptBy(new Texts())))
            .start()
            .restore();
    keeping.put("a", "1");
    keeping.drain();
    assertThat(keeping.outputs).isEmpty();
    commit(keeping);
    assertThat(keeping.outputs).hasSize(1);
  }

  @Test
  void only_callbacks_are_given_a_codec_to_be_kept_by() {
    assertThatThrownBy(() -> stream().keptBy(new Texts()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("keptBy");
  }

  @Test
  void outputs_of_a_timer_wait_for_the_commit_that_has_fired_it() {
    var spec =
        Rig.reading()
            .keyedBy(Keys.<String>partitionKey(), new Texts())
            .handledBy(
                () ->
                    new KeyedFunction<String, String, String>() {
                      @Override
                      public String initial(String key) {
                        return "";
                      }

                      @Override
                      public Next<String> handle(
                          String state, Event<String> event, Output<String> out) {
                        return Next.state("set").wakeAfter("late", Duration.ofSeconds(10));
                      }

                      @Override
                      public Next<String> onTimer(String state, WakeUp timer, Output<String> out) {
                        out.send(timer.key() + " fired by call " + calls.incrementAndGet());
                        return Next.state("fired");
                      }
                    },
                stream());
    var rig = new Rig(1, spec).start().restore();
    rig.put("a", "1");
    rig.drain();
    commit(rig);
    rig.advance(20_000);
    assertThat(calls).hasValue(1);
    assertThat(rig.outputs).isEmpty();
    rig.crash();
    rig.advance(20_000);
    assertThat(calls).hasValue(2);
    assertThat(rig.outputs).isEmpty();
    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("a fired by call 2");
  }

  @Test
  void outputs_of_a_window_wait_for_the_commit_that_has_told_it() {
    var spec =
        FunctionSpec.named("f")
            .reading(Rig.input())
            .windowedBy(
                Keys.<String>partitionKey(), Windows.tumbling(Duration.ofMinutes(1)), new Texts())
            .handledBy(
                () ->
                    new WindowFunction<String, String, String>() {
                      @Override
                      public String empty() {
                        return "";
                      }

                      @Override
                      public String add(String sum, Event<String> event) {
                        return sum + event.value();
                      }

                      @Override
                      public String merge(String left, String right) {
                        return left + right;
                      }

                      @Override
                      public void close(Window window, String sum, Output<String> out) {
                        out.send(window.key() + " " + sum + " by call " + calls.incrementAndGet());
                      }
                    },
                stream());
    var rig = new Rig(1, spec).start().restore();
    rig.put("a", "1", NOON);
    rig.drain();
    commit(rig);
    rig.put("a", "2", NOON.plusSeconds(70));
    rig.drain();
    assertThat(rig.outputs).isEmpty();
    rig.crash();
    rig.drain();
    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("a 1 by call 2");
  }

  @Test
  void what_waits_needs_no_place_in_the_cache() {
    var rig = new Rig(1, counting());
    rig.cache = new StateCache(0);
    rig.start().restore();
    rig.outputsDown = true;
    for (int i = 0; i < 50; i++) {
      rig.put("k" + i, "1");
    }
    rig.drain();
    commit(rig);
    rig.crash();
    rig.outputsDown = false;
    rig.advance(60_000);
    assertThat(rig.outputs).hasSize(50);
  }
}
