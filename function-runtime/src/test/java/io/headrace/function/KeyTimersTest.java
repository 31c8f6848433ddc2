package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.ShardHandler.Outcome;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KeyTimersTest {
  private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);
  private static final HashRange LEFT =
      new HashRange(BigInteger.ZERO, HALF.subtract(BigInteger.ONE));
  private static final HashRange RIGHT = new HashRange(HALF, HashRange.ALL.last());

  /**
   * Keeps all that it was told as its state and sends that. A record is "minute" or "minute order
   * argument", with the minute as event time; orders are at, after, cancel, forget, keep, fail.
   */
  static final class Diary implements KeyedFunction<String, String, String> {
    int failures;

    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      var words = event.value().split(" ", -1);
      var next = write(state, words[0], event.partitionKey(), out);
      return switch (words.length > 1 ? words[1] : "") {
        case "at" -> next.wakeAt(words[2], minute(words[3]));
        case "after" -> next.wakeAfter(words[2], Duration.ofMinutes(Long.parseLong(words[3])));
        case "cancel" -> next.cancel(words[2]);
        case "forget" -> Next.forget();
        case "keep" -> next.keepFor(Duration.ofMinutes(Long.parseLong(words[2])));
        case "fail" -> throw new IllegalStateException("told to");
        default -> next;
      };
    }

    @Override
    public Next<String> onTimer(String state, WakeUp timer, Output<String> out) {
      if (timer.name().equals("broken") && failures++ < 3) {
        throw new IllegalStateException("broken");
      }
      if (timer.name().equals("hopeless")) {
        throw new TerminalFailure("Hopeless", "no");
      }
      var next = write(state, timer.name(), timer.key(), out);
      return timer.name().equals("again") && !state.contains("again again")
          ? next.wakeAt("again", timer.due().plus(Duration.ofMinutes(1)))
          : next;
    }

    private static Next<String> write(String state, String word, String key, Output<String> out) {
      var told = state.isEmpty() ? word : state + " " + word;
      out.send(key + ": " + told);
      return Next.state(told);
    }
  }

  private static Instant minute(String number) {
    return NOON.plus(Duration.ofMinutes(Long.parseLong(number)));
  }

  private static Rig rig() {
    return new Rig(1, diaries(Diary::new));
  }

  /** With an end of input: "end". */
  private static FunctionSpec<String, String> ending(Input<String> input) {
    return FunctionSpec.named("f")
        .reading(input.endedBy("end"::equals))
        .keyedBy(Keys.partitionKey(), new Texts())
        .handledBy(Diary::new, Destination.nowhere());
  }

  private static Rig ending() {
    return new Rig(1, ending(Rig.input().timedBy(value -> minute(value.split(" ", -1)[0]))));
  }

  private static FunctionSpec<String, String> diaries(
      Supplier<KeyedFunction<String, String, String>> functions) {
    return FunctionSpec.named("f")
        .reading(Rig.input().timedBy(value -> minute(value.split(" ", -1)[0])))
        .keyedBy(Keys.partitionKey(), new Texts())
        .handledBy(functions, Destination.nowhere());
  }

  private static Rig started() {
    return rig().start().restore();
  }

  @Test
  void a_timer_fires_before_the_first_record_of_its_key_that_comes_when_it_is_due() {
    var rig = started();
    rig.putAll("a=0 at alarm 2", "a=1", "b=3", "a=4");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 1 alarm 4");
    assertThat(rig.events(FunctionEvent.RecordFailed.class)).isEmpty();
  }

  @Test
  void timers_wait_for_no_record_that_was_skipped() {
    var rig = started();
    var failing = rig.putAll("a=0 at broken 2", "b=1 fail", "c=3").get(1);
    rig.advance(10);
    rig.commit();
    rig.advance(10);
    assertThat(rig.outputs.values()).as("the timer failed").containsOnly("a: 0", "c: 3");
    var skip =
        new Order(
            1,
            "f",
            Optional.of(rig.shardKey()),
            Optional.of("b"),
            new Order.Deed.Skip(failing),
            "a test",
            Instant.EPOCH,
            "a test");
    rig.orders = new Orders(List.of(skip), List.of());
    rig.rest();
    rig.drain();
    rig.advance(60_000);
    assertThat(rig.outputs.values()).containsOnly("a: 0", "c: 3", "a: 0 broken");
  }

  @Test
  void stored_timers_of_a_function_that_has_no_on_timer_any_more_are_an_error_and_not_lost() {
    var rig = started();
    rig.putAll("a=0 at alarm 2", "b=0 after nap 7", "c=0 keep 60");
    rig.drain();
    rig.commit();
    rig.advance(10);
    assertThatThrownBy(() -> goingOn(rig, diaries(Forgetful::new)))
        .hasMessageContaining("2 timers are stored")
        .hasMessageContaining("no onTimer");
    var back = goingOn(rig, diaries(Diary::new));
    back.put("a", "3");
    back.advance(1_000);
    assertThat(back.stateOf("a")).contains("0 3 alarm");
  }

  private static Rig goingOn(Rig from, FunctionSpec<String, String> spec) {
    var next = new Rig(2, spec);
    next.chunks = from.chunks;
    next.commit = from.commit;
    next.epoch = from.epoch + 1;
    return next.start().restore();
  }

  private static final class Forgetful implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      return Next.same();
    }
  }

  @Test
  void it_makes_no_difference_how_far_the_key_is_behind_the_shard() {
    for (int seed = 0; seed < 50; seed++) {
      var rig = new Rig(seed, diaries(Diary::new)).withSlowPool(50).start().restore();
      rig.putAll("a=0", "b=9", "a=1 at alarm 5", "a=2", "a=10", "b=11");
      rig.drain();
      assertThat(rig.stateOf("a")).as("seed %d", seed).contains("0 1 alarm 2 10");
    }
  }

  @Test
  void what_is_due_at_a_place_in_the_shard_goes_in_order_of_due_times() {
    var rig = started();
    rig.putAll("a=0 at late 4", "a=1 at early 2", "a=2 at middle 3", "b=9", "a=10");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 1 2 early middle late 10");
  }

  @Test
  void the_end_of_the_input_fires_all_timers_that_are_set_in_the_order_in_which_they_are_due() {
    var rig = ending().withSlowPool(20).start().restore();
    rig.putAll("a=0 at last 900", "b=5 at alarm 7", "a=1 at first 6", "x=end", "a=9 at late 999");
    rig.drain();
    rig.advance(1_000);
    assertThat(rig.stateOf("a")).contains("0 1 first last 9 late");
    assertThat(rig.stateOf("b")).contains("5 alarm");
    assertThat(rig.settled).hasSize(5);
  }

  @Test
  void the_end_of_an_input_without_a_time_of_its_own_fires_timers_too() {
    var rig = new Rig(1, ending(Rig.input())).start().restore();
    rig.putAll("a=0 at alarm 9000000", "x=end");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 alarm");
  }

  /**
   * The timer of "a" fires by the last record and sets itself again, beyond that; what the end
   * alone has fired, as that of "b", sets nothing, whenever its call runs.
   */
  @Test
  void a_timer_that_sets_itself_again_does_so_once_at_most_behind_the_end_of_the_input() {
    for (int seed = 0; seed < 30; seed++) {
      var spec = ending(Rig.input().timedBy(value -> minute(value.split(" ", -1)[0])));
      var rig = new Rig(seed, spec).withSlowPool(50).start().restore();
      rig.putAll("a=0 at again 2", "b=1 at again 8", "c=2", "x=end");
      if (seed % 2 == 0) {
        rig.advance(seed);
        rig.commit();
        rig.advance(1);
        rig.crash();
      }
      rig.drain();
      rig.advance(1_000);
      assertThat(rig.stateOf("a")).as("seed %d", seed).contains("0 again again");
      assertThat(rig.stateOf("b")).as("seed %d", seed).contains("1 again");
    }
  }

  @Test
  void an_input_that_ended_in_one_parent_goes_on_for_the_keys_of_the_other() {
    var rig = ending().start().restore();
    rig.putAll("a=0 at last 900", "b=0 at last 900", "c=0 at last 900", "d=0 at last 900");
    rig.drain();
    var left = rig.child("shardId-000000000001", LEFT, rig);
    var right = rig.child("shardId-000000000002", RIGHT, rig);
    left.putAll("x=end");
    left.drain();
    var merged = left.child("shardId-000000000003", HashRange.ALL, left, right);
    merged.putAll("a=1", "b=1", "c=1", "d=1");
    merged.drain();
    for (var key : List.of("a", "b", "c", "d")) {
      assertThat(merged.stateOf(key)).contains(LEFT.holds(key) ? "0 last 1" : "0 1");
    }

    merged.putAll("x=end");
    merged.drain();

    for (var key : List.of("a", "b", "c", "d")) {
      assertThat(merged.stateOf(key)).contains(LEFT.holds(key) ? "0 last 1" : "0 1 last");
    }
  }

  @Test
  void a_timer_is_moved_by_setting_it_again_and_cancelled_by_name() {
    var rig = started();
    rig.putAll("a=0 at alarm 2", "a=1 at alarm 6", "b=3", "a=4", "b=7", "a=8");
    rig.putAll("c=8 at alarm 9", "c=8 cancel alarm", "b=10", "c=11");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 1 4 alarm 8");
    assertThat(rig.stateOf("c")).contains("8 8 11");
  }

  @Test
  void a_record_that_comes_before_the_timer_can_still_cancel_it() {
    var rig = new Rig(3, diaries(Diary::new)).withSlowPool(20).start().restore();
    rig.putAll("a=0 at alarm 2", "a=1 cancel alarm", "b=5", "a=6");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 1 6");
  }

  @Test
  void a_timer_may_set_itself_again() {
    var rig = started();
    rig.putAll("a=0 at again 1", "b=30", "a=31");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 again again again 31");
    assertThat(rig.outputs.values()).filteredOn("a: 0 again"::equals).hasSize(1);
  }

  @Test
  void a_timer_fires_once_although_the_worker_crashes() {
    var rig = started();
    rig.putAll("a=0 at alarm 2", "b=1");
    rig.drain();
    rig.commit();
    rig.advance(10);
    rig.putAll("b=3");
    rig.drain();
    rig.crash();
    rig.putAll("a=4");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 alarm 4");
    assertThat(rig.outputs.keySet())
        .filteredOn(id -> id.startsWith("timer/"))
        .singleElement()
        .asString()
        .startsWith("timer/a/a/alarm/2026-06-01T12:02:00Z/");
  }

  @Test
  void what_fired_before_the_commit_does_not_fire_again() {
    var rig = started();
    rig.putAll("a=0 at alarm 2", "b=3");
    rig.drain();
    rig.advance(10);
    rig.commit();
    rig.advance(10);
    int sent = rig.outputsSent;
    rig.crash();
    rig.advance(60_000);
    assertThat(rig.outputsSent).isEqualTo(sent);
    assertThat(rig.stateOf("a")).contains("0 alarm");
  }

  @Test
  void records_that_come_again_after_a_crash_stand_where_they_stood_before_timers() {
    var rig = started();
    // Lane a stands still while b has moved the time on and was committed.
    rig.putAll("a=0 at alarm 5");
    rig.drain();
    rig.pool = task -> rig.schedule(60_000, task);
    rig.commit();
    rig.advance(10);
    rig.crash();
    rig.pool = rig.loop;
    rig.putAll("a=1", "b=9", "a=10");
    rig.crash();
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 1 alarm 10");
  }

  /** A diary that can't be written for a while. */
  private static KeyedFunction<String, String, String> unless(AtomicBoolean down) {
    var diary = new Diary();
    return new KeyedFunction<>() {
      @Override
      public String initial(String key) {
        return diary.initial(key);
      }

      @Override
      public Next<String> handle(String state, Event<String> event, Output<String> out) {
        if (down.get()) {
          throw new IllegalStateException("down");
        }
        return diary.handle(state, event, out);
      }

      @Override
      public Next<String> onTimer(String state, WakeUp timer, Output<String> out) {
        return diary.onTimer(state, timer, out);
      }
    };
  }

  @Test
  void a_record_that_comes_again_goes_before_a_timer_that_came_due_behind_it() {
    var down = new AtomicBoolean();
    var rig = new Rig(1, diaries(() -> unless(down))).start().restore();
    rig.putAll("a=0 at alarm 2");
    rig.drain();
    down.set(true);
    rig.putAll("a=3 cancel alarm");
    rig.advance(10);
    rig.commit();
    rig.advance(10);
    down.set(false);
    rig.crash();
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 3");
  }

  @Test
  void what_a_timer_by_the_workers_clock_sends_has_one_id_although_its_record_comes_again() {
    var rig = started();
    rig.putAll("a=0 after ping 5");
    rig.drain();
    rig.advance(6 * 60_000);
    rig.crash();
    rig.drain();
    rig.advance(6 * 60_000);
    assertThat(rig.outputs.keySet()).filteredOn(id -> id.startsWith("timer/")).hasSize(1);
    assertThat(rig.outputs.values()).filteredOn("a: 0 ping"::equals).hasSize(1);
  }

  @Test
  void a_timer_by_the_workers_clock_fires_in_a_silent_shard_and_is_committed() {
    var rig = started();
    rig.putAll("a=0 after ping 5");
    rig.drain();
    rig.advance(4 * 60_000);
    assertThat(rig.stateOf("a")).contains("0");
    int before = rig.stateChanges;
    rig.advance(2 * 60_000);
    assertThat(rig.stateOf("a")).contains("0 ping");
    assertThat(rig.stateChanges).as("asks for a commit").isGreaterThan(before);
  }

  @Test
  void an_overdue_timer_fires_before_new_records_of_its_key() {
    var rig = started();
    rig.putAll("a=0 after ping 5");
    rig.drain();
    rig.commit();
    rig.advance(10);
    rig.pool = task -> {};
    rig.advance(10 * 60_000);
    rig.pool = rig.loop;
    rig.crash();
    rig.putAll("a=1");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 ping 1");
  }

  @Test
  void a_timer_that_fails_is_tried_again_and_its_key_waits() {
    var rig = started();
    rig.putAll("a=0 at broken 2", "b=3", "a=4");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 broken 4");
  }

  @Test
  void a_timer_that_fails_for_good_lies_in_a_letter_and_is_gone() {
    var rig = started();
    rig.putAll("a=0 at hopeless 2", "b=3", "a=4");
    rig.drain();
    assertThat(rig.letters)
        .singleElement()
        .satisfies(letter -> assertThat(letter.id()).startsWith("timer/a/a/hopeless/"));
    assertThat(rig.stateOf("a")).contains("0 4");
    rig.commit();
    rig.advance(10);
    rig.crash();
    rig.advance(1_000);
    assertThat(rig.letters).hasSize(1);
  }

  @Test
  void forgetting_a_key_removes_its_timers() {
    var rig = started();
    rig.putAll("a=0 at alarm 2", "a=1 forget", "b=3", "a=4");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("4");
  }

  @Test
  void state_that_is_kept_for_a_time_is_gone_after_it_with_its_timers() {
    var rig = started();
    rig.putAll("a=0 at alarm 50", "a=1 keep 10");
    rig.drain();
    rig.advance(9 * 60_000);
    rig.putAll("a=2");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("0 1 2");
    rig.advance(2 * 60_000);
    assertThat(rig.stateOf("a")).isEmpty();
    rig.putAll("b=60", "a=61");
    rig.drain();
    assertThat(rig.stateOf("a")).contains("61");
  }

  @Test
  void children_have_the_timers_of_their_keys() {
    var rig = started();
    rig.putAll("a=0 at alarm 2", "b=0 at alarm 2", "c=0 at alarm 2", "d=0 at alarm 2");
    rig.drain();
    var left = rig.child("shardId-000000000001", LEFT, rig);
    var right = rig.child("shardId-000000000002", RIGHT, rig);
    for (var home : List.of(left, right)) {
      var own = Stream.of("a", "b", "c", "d").filter(home.shard.range()::holds).toList();
      own.forEach(key -> home.putAll(key + "=1"));
      home.putAll(own.get(0) + "=3");
      own.forEach(key -> home.putAll(key + "=4"));
      home.drain();
      assertThat(own)
          .allSatisfy(
              key ->
                  assertThat(home.stateOf(key).orElseThrow().toString()).containsOnlyOnce("alarm"));
      var others = home == left ? right : left;
      assertThat(own).allSatisfy(key -> assertThat(others.stateOf(key)).isEmpty());
    }
    var merged = left.child("shardId-000000000003", HashRange.ALL, left, right);
    merged.putAll("a=5", "b=5", "c=5", "d=5");
    merged.drain();
    for (var key : List.of("a", "b", "c", "d")) {
      assertThat(merged.stateOf(key).orElseThrow().toString())
          .containsOnlyOnce("alarm")
          .endsWith("4 5");
    }
  }

  @Test
  void a_function_without_on_timer_that_sets_one_is_told_so() {
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(RetryPolicy.upTo(0))
                    .keyedBy(Keys.partitionKey(), new Texts())
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
                                return Next.state("x").wakeAfter("t", Duration.ofMinutes(1));
                              }
                            },
                        Destination.nowhere()))
            .start()
            .restore();
    rig.putAll("a=1");
    rig.drain();
    assertThat(rig.settled.values()).containsExactly(Outcome.DEAD_LETTERED);
    assertThat(rig.letters.get(0).message()).contains("has no onTimer");
    assertThat(rig.stateOf("a")).isEmpty();
  }

  @Test
  void names_and_times_out_of_range_are_refused() {
    assertThatThrownBy(() -> Next.same().wakeAt("", NOON)).hasMessageContaining("1 to 200");
    assertThatThrownBy(() -> Next.same().wakeAfter("t", Duration.ZERO))
        .hasMessageContaining("wakeAfter PT0S");
    assertThatThrownBy(() -> Next.same().keepFor(Duration.ofDays(-1)))
        .hasMessageContaining("keepFor");
  }
}
