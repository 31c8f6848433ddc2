package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionWindowsTest {
  private static final Side<String> LATE = Side.named("late", String.class);

  private final List<String> poison = new ArrayList<>();

  private final class Sessions extends Listing {
    @Override
    public String add(String sum, Event<String> event) {
      if (poison.contains(event.value())) {
        throw new TerminalFailure("Poison", "poison");
      }
      return super.add(sum, event);
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      out.send(
          (window.firing() == Window.Firing.ON_TIME ? "" : window.firing() + " ")
              + window.revision()
              + " "
              + window.key()
              + " "
              + window.start().getEpochSecond()
              + "-"
              + window.end().getEpochSecond()
              + ": "
              + sum.strip());
    }
  }

  private FunctionSpec<String, String> spec(Windows windows) {
    return FunctionSpec.named("f")
        .reading(Rig.timedInput())
        .sendingSide(LATE, Destination.nowhere())
        .windowedBy(Keys.partitionKey(), windows, new Texts())
        .handledBy(Sessions::new, Destination.nowhere());
  }

  private Rig rig(Windows windows) {
    return new Rig(1, spec(windows)).start().restore();
  }

  private static Windows ten() {
    return Windows.session(Duration.ofSeconds(10)).lateTo(LATE);
  }

  @Test
  void records_less_than_the_gap_apart_are_one_session_that_ends_the_gap_after_the_last() {
    var rig = rig(ten());
    rig.putAll("a=x@1", "b=o@2", "a=y@9", "a=z@19", "b=p@30");
    rig.drain();
    rig.advance(10);
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder("0 a 1-19: x@1 y@9", "0 a 19-29: z@19", "0 b 2-12: o@2");
  }

  @Test
  void a_record_between_two_sessions_makes_them_one_the_earlier_sum_on_the_left() {
    var rig = rig(ten().waiting(Duration.ofSeconds(60)));
    rig.putAll("a=x@1", "a=z@18", "a=y@10", "a=END");
    rig.drain();
    assertThat(rig.outputs.values()).containsExactly("0 a 1-28: x@1 z@18 y@10");
    assertThat(rig.outputs.keySet())
        .containsExactly("window/a/a/1970-01-01T00:00:01Z/1970-01-01T00:00:28Z#0");
  }

  @Test
  void a_record_that_went_to_the_dead_letters_has_joined_nothing() {
    poison.add("y@10");
    var rig = rig(ten().waiting(Duration.ofSeconds(60)));
    rig.putAll("a=x@1", "a=z@18", "a=y@10", "a=END");
    rig.drain();
    assertThat(rig.letters).hasSize(1);
    assertThat(rig.outputs.values()).containsExactlyInAnyOrder("0 a 1-11: x@1", "0 a 18-28: z@18");
  }

  @Test
  void a_session_that_was_told_and_grows_is_told_again_under_its_new_span() {
    var rig = rig(ten().allowing(Duration.ofSeconds(20)));
    rig.putAll("a=x@1", "b=o@15", "a=y@8", "b=p@20", "b=q@41", "a=gone@9");
    rig.drain();
    rig.advance(10);
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder(
            "0 a 1-11: x@1", "LATE 1 a 1-18: x@1 y@8", "0 b 15-30: o@15 p@20");
    assertThat(rig.sides).containsExactly("gone@9");
  }

  @Test
  void a_record_inside_a_session_that_was_told_has_it_told_again_at_once() {
    var rig = rig(ten().allowing(Duration.ofSeconds(20)));
    rig.putAll("a=x@1", "a=y@9", "b=o@25", "a=in@5", "a=before@0");
    rig.drain();
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder(
            "0 a 1-19: x@1 y@9",
            "LATE 1 a 1-19: x@1 y@9 in@5",
            "LATE 2 a 0-19: x@1 y@9 in@5 before@0");
  }

  @Test
  void a_record_that_is_late_by_itself_joins_a_session_that_is_still_open() {
    var rig = rig(ten());
    rig.putAll("a=y@9", "a=z@15", "a=x@1", "a=late@-20", "a=END");
    rig.drain();
    assertThat(rig.outputs.values()).containsExactly("0 a 1-25: y@9 z@15 x@1");
    assertThat(rig.sides).containsExactly("late@-20");
  }

  @Test
  void a_record_on_time_at_first_joins_after_a_crash_what_it_would_have_joined() {
    var rig = rig(ten());
    rig.put("a", "x@1");
    rig.drain();
    rig.commit();
    rig.advance(1_000);
    rig.outputsDown = true;
    rig.putAll("a=y@8", "b=o@30", "a=z@31");
    rig.advance(1_000);
    rig.commit();
    rig.advance(1_000);
    rig.outputsDown = false;
    rig.crash();
    rig.drain();
    rig.advance(10_000);
    assertThat(rig.outputs.values()).containsExactly("0 a 1-18: x@1 y@8");
    assertThat(rig.sides).isEmpty();
  }

  @Test
  void sessions_that_two_parents_had_of_one_key_and_that_touch_become_one() {
    var one = rig(ten());
    one.putAll("a=x@1", "b=far@1");
    one.drain();
    var other = rig(ten());
    other.chunks = one.chunks;
    other.shard = Shard.root("shardId-000000000009");
    other.start().restore();
    other.putAll("a=y@8", "b=near@12");
    other.drain();
    var merged = one.child("shardId-000000000003", HashRange.ALL, one, other);
    merged.put("a", "END");
    merged.drain();
    assertThat(merged.outputs.values())
        .containsExactlyInAnyOrder("0 a 1-18: x@1 y@8", "0 b 1-11: far@1", "0 b 12-22: near@12");
  }

  @Test
  void a_session_of_one_parent_that_lies_within_one_of_the_other_has_it_told_again() {
    var one = rig(ten().allowing(Duration.ofSeconds(60)));
    one.putAll("a=x@1", "a=y@9", "a=z@17", "b=o@40");
    one.drain();
    var other = rig(ten().allowing(Duration.ofSeconds(60)));
    other.chunks = one.chunks;
    other.shard = Shard.root("shardId-000000000009");
    other.start().restore();
    other.put("a", "w@12");
    other.drain();
    var merged = one.child("shardId-000000000003", HashRange.ALL, one, other);
    merged.advance(1_000);
    assertThat(one.outputs.values()).contains("0 a 1-27: x@1 y@9 z@17");
    assertThat(merged.outputs.values()).containsExactly("LATE 1 a 1-27: x@1 y@9 z@17 w@12");
  }

  @Test
  void sessions_of_two_parents_become_one_also_when_the_child_crashes_before_they_have() {
    var one = rig(ten());
    one.put("a", "x@1");
    one.drain();
    var other = rig(ten());
    other.chunks = one.chunks;
    other.shard = Shard.root("shardId-000000000009");
    other.start().restore();
    other.put("a", "y@8");
    other.drain();
    var merged =
        one.child(
            "shardId-000000000003",
            HashRange.ALL,
            child -> child.pool = task -> child.schedule(60_000, task),
            one,
            other);
    merged.commit();
    merged.advance(1_000);
    merged.pool = merged.loop;
    merged.crash();
    merged.put("a", "END");
    merged.drain();
    assertThat(merged.outputs.values()).containsExactly("0 a 1-18: x@1 y@8");
  }

  @Test
  void a_session_that_is_told_leaves_nothing_behind() {
    var rig = rig(ten());
    for (int i = 0; i < 100; i++) {
      rig.put("a", "x@" + 5 * i);
    }
    rig.put("b", "END");
    rig.drain();
    rig.commit();
    rig.advance(1_000);
    assertThat(rig.outputs.values()).hasSize(1);
    assertThat(rig.states()).isEmpty();
  }

  @Test
  void windows_that_changed_are_told_early_and_that_is_no_revision() {
    var rig = rig(ten().earlyEvery(Duration.ofSeconds(5)));
    rig.putAll("a=x@1", "b=o@2");
    rig.advance(5_100);
    rig.put("a", "y@3");
    rig.advance(20_000);
    rig.put("a", "END");
    rig.drain();
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder(
            "EARLY 0 a 1-11: x@1",
            "EARLY 0 b 2-12: o@2",
            "EARLY 0 a 1-13: x@1 y@3",
            "0 a 1-13: x@1 y@3",
            "0 b 2-12: o@2");
    assertThat(rig.stateChanges).as("what is told early stores nothing").isEqualTo(2);
  }

  @Test
  void what_had_changed_before_a_crash_is_told_early_again_under_an_id_of_its_own() {
    var rig = rig(ten().earlyEvery(Duration.ofSeconds(5)));
    rig.put("a", "x@1");
    rig.advance(6_000);
    rig.commit();
    rig.advance(1_000);
    rig.crash();
    rig.advance(6_000);
    assertThat(rig.outputs).hasSize(2);
    assertThat(rig.outputs.values()).containsOnly("EARLY 0 a 1-11: x@1");
  }

  @Test
  void a_function_of_sessions_whose_merge_is_missing_is_refused_at_start() {
    var function =
        new WindowFunction<String, String, String>() {
          @Override
          public String empty() {
            return "";
          }

          @Override
          public String add(String sum, Event<String> event) {
            return sum;
          }

          @Override
          public String merge(String left, String right) {
            throw new UnsupportedOperationException("no merge");
          }

          @Override
          public void close(Window window, String sum, Output<String> out) {}
        };
    var rig =
        new Rig(
            1,
            Rig.reading()
                .windowedBy(
                    Keys.partitionKey(), Windows.session(Duration.ofSeconds(1)), new Texts())
                .handledBy(() -> function, Destination.nowhere()));
    assertThatThrownBy(rig::start)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("function f")
        .hasMessageContaining("merge");
  }

  @Test
  void gaps_and_early_tellings_out_of_bounds_are_refused_with_what_is_allowed() {
    assertThatThrownBy(() -> Windows.session(Duration.ZERO)).hasMessageContaining("1 ms <= gap");
    assertThatThrownBy(() -> ten().earlyEvery(Duration.ofMillis(1)))
        .hasMessageContaining("between PT0.1S");
  }
}
