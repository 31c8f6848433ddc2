package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardHandler;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Event time in a silent shard. */
class IdleTimeTest {
  private static final class NotYet extends Listing {
    @Override
    public String add(String sum, Event<String> event) {
      if (event.value().startsWith("bad")) {
        throw new IllegalStateException("not yet");
      }
      return super.add(sum, event);
    }
  }

  /** Sets a timer of 10 s at each record. */
  private static final class Waking implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      return Next.state(event.value()).wakeAt("t", event.time().plusSeconds(10));
    }

    @Override
    public Next<String> onTimer(String state, WakeUp timer, Output<String> out) {
      out.send(state + " fires at " + timer.due().getEpochSecond());
      return Next.same();
    }
  }

  private static FunctionSpec.Reading<String> reading() {
    return FunctionSpec.named("f")
        .reading(Rig.input().timedBy(Rig::timeOf).idleAfter(Duration.ofSeconds(5)));
  }

  private static FunctionSpec<String, String> windowed() {
    return reading()
        .windowedBy(Keys.partitionKey(), Windows.tumbling(Duration.ofSeconds(10)), new Texts())
        .handledBy(NotYet::new, Destination.nowhere());
  }

  private static Rig rig() {
    return new Rig(1, windowed()).start().restore();
  }

  private static void commit(Rig rig) {
    rig.commit();
    rig.advance(1_000);
  }

  @Test
  void a_silent_shard_tells_its_windows_once_event_time_has_moved_by_a_commit() {
    var rig = rig();
    rig.put("a", "x@4");
    rig.drain();
    rig.silence(4);
    assertThat(rig.stateChanges).as("not for long enough").isZero();
    rig.silence(2);
    assertThat(rig.stateChanges).as("a commit is wanted").isEqualTo(1);
    assertThat(rig.outputs).as("nothing is told before it").isEmpty();

    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("a: x@4");
    commit(rig);
    int told = rig.stateChanges;
    rig.silence(100);
    assertThat(rig.stateChanges).as("nothing waits, so nothing is committed").isEqualTo(told);
  }

  @Test
  void a_record_that_comes_before_the_commit_shows_that_the_shard_is_not_silent() {
    var rig = rig();
    rig.put("a", "x@4");
    rig.drain();
    rig.silence(10);
    rig.put("a", "y@5");
    rig.drain();
    commit(rig);
    assertThat(rig.outputs).isEmpty();
    assertThat(rig.events(FunctionEvent.LateDropped.class)).isEmpty();
    rig.silence(10);
    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("a: x@4 y@5");
  }

  @Test
  void a_record_that_comes_within_the_commit_is_judged_once_that_is_settled() {
    var rig = rig();
    rig.put("a", "x@4");
    rig.drain();
    rig.silence(10);
    rig.background = task -> rig.schedule(2_000, task);
    rig.crash();
    rig.drain();
    rig.silence(10);
    rig.commit();
    rig.advance(10);
    var within = rig.put("a", "y@5");
    rig.advance(10);
    assertThat(rig.settled).as("it waits").doesNotContainKey(within);
    assertThat(rig.handler().standing(Duration.ofMinutes(1)))
        .as("for what ends by itself")
        .isEqualTo(ShardHandler.Standing.RETRYING);
    rig.advance(10_000);
    assertThat(rig.settled).containsKey(within);
    assertThat(rig.handler().standing(Duration.ofMinutes(1)))
        .isEqualTo(ShardHandler.Standing.SILENT);
    assertThat(rig.events(FunctionEvent.LateDropped.class)).hasSize(1);
    assertThat(rig.outputs.values()).containsExactly("a: x@4");
  }

  @Test
  void a_move_that_was_committed_is_not_taken_back_by_a_crash() {
    var rig = rig();
    rig.put("a", "x@4");
    rig.drain();
    rig.silence(10);
    rig.outputsDown = true;
    commit(rig);
    rig.outputsDown = false;
    rig.crash();
    rig.advance(1_000);
    assertThat(rig.outputs.values()).containsExactly("a: x@4");
    rig.put("a", "late@5");
    rig.drain();
    assertThat(rig.events(FunctionEvent.LateDropped.class)).hasSize(1);
  }

  @Test
  void a_move_that_was_not_committed_has_closed_nothing() {
    var rig = rig();
    rig.put("a", "x@4");
    rig.drain();
    commit(rig);
    rig.silence(10);
    rig.crash();
    rig.put("a", "y@5");
    rig.drain();
    rig.silence(10);
    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("a: x@4 y@5");
  }

  @Test
  void a_shard_that_never_had_a_record_has_no_event_time_to_move() {
    var rig = rig();
    rig.silence(100);
    assertThat(rig.stateChanges).isZero();
  }

  @Test
  void a_silent_child_of_a_parent_that_never_had_a_record_goes_on_from_the_other() {
    var one = rig();
    one.put("a", "x@4");
    one.drain();
    var other = rig();
    other.chunks = one.chunks;
    other.shard = Shard.root("shardId-000000000009");
    other.start().restore();
    var merged = one.child("shardId-000000000003", HashRange.ALL, one, other);
    merged.silence(10);
    commit(merged);
    assertThat(merged.outputs.values()).containsExactly("a: x@4");
  }

  @Test
  void a_record_that_was_under_way_and_is_gone_from_the_stream_does_not_stop_time() {
    var rig = rig();
    rig.put("a", "x@4");
    rig.drain();
    rig.lettersDown = true;
    rig.put("b", "bad@5");
    rig.advance(1_000);
    commit(rig);
    var gone = rig.records.remove(1);
    rig.crash();
    rig.silence(10);
    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("a: x@4");
    assertThat(rig.settled).doesNotContainKey(gone.position());
  }

  @Test
  void timers_by_event_time_fire_in_a_silent_shard() {
    var rig =
        new Rig(
                1,
                reading()
                    .keyedBy(Keys.partitionKey(), new Texts())
                    .handledBy(Waking::new, Destination.nowhere()))
            .start()
            .restore();
    rig.put("a", "x@4");
    rig.drain();
    rig.silence(11);
    assertThat(rig.outputs).isEmpty();
    commit(rig);
    assertThat(rig.outputs.values()).containsExactly("x@4 fires at 14");
  }

  @Test
  void a_time_of_silence_that_can_not_be_kept_is_refused() {
    assertThatThrownBy(() -> Rig.input().idleAfter(Duration.ofMillis(5)))
        .hasMessageContaining("between 1 s and 366 days");
    assertThatThrownBy(
            () ->
                reading()
                    .windowedBy(
                        Keys.across(value -> value, "through"),
                        Windows.tumbling(Duration.ofSeconds(10)),
                        new Texts())
                    .handledBy(NotYet::new, Destination.nowhere()))
        .hasMessageContaining("idleAfter");
  }

  @Test
  void a_function_without_event_time_is_told_that_silence_means_nothing_to_it() {
    assertThatThrownBy(
            () -> reading().handledBy(() -> (event, out) -> {}, Destination.<String>nowhere()))
        .hasMessageContaining("f")
        .hasMessageContaining("idleAfter")
        .hasMessageContaining("event time");
  }
}
