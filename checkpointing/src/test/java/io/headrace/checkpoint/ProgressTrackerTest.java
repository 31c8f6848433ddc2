package io.headrace.checkpoint;

import static io.headrace.checkpoint.Shards.at;
import static io.headrace.checkpoint.Shards.range;
import static io.headrace.checkpoint.Shards.through;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.SequenceNumber;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProgressTrackerTest {
  private final ProgressTracker tracker = new ProgressTracker(Progress.NONE);

  @Test
  void nothing_is_finished_before_the_first_record() {
    assertThat(tracker.capture()).isEqualTo(Progress.NONE);
    assertThat(tracker.begin(at(1))).isTrue();
    assertThat(tracker.capture()).isEqualTo(Progress.NONE);
  }

  @Test
  void records_settled_in_order_are_one_prefix() {
    begin(tracker, 1, 2, 3);
    settle(tracker, 1, 2);

    assertThat(tracker.capture()).isEqualTo(through(2));
  }

  @Test
  void a_record_that_is_not_settled_is_never_passed() {
    begin(tracker, 1, 2, 3, 4, 5, 6);
    settle(tracker, 6, 1, 4, 3);

    assertThat(tracker.capture()).isEqualTo(through(1, range(3, 4), range(6, 6)));
    settle(tracker, 5);
    assertThat(tracker.capture()).isEqualTo(through(1, range(3, 6)));
    settle(tracker, 2);
    assertThat(tracker.capture()).isEqualTo(through(6));
  }

  @Test
  void a_range_may_stand_before_anything_is_finished_through() {
    begin(tracker, 1, 2);
    settle(tracker, 2);

    assertThat(tracker.capture()).isEqualTo(new Progress(Optional.empty(), List.of(range(2, 2))));
  }

  @Test
  void a_restored_tracker_knows_what_was_finished() {
    var restored = new ProgressTracker(through(2, range(4, 5), range(7, 7)));

    assertThat(restored.capture()).isEqualTo(through(2, range(4, 5), range(7, 7)));
    assertThat(restored.begin(at(2))).isFalse();
    assertThat(restored.begin(at(3))).isTrue();
    assertThat(restored.begin(at(4))).isFalse();
    assertThat(restored.begin(at(5))).isFalse();
    assertThat(restored.begin(at(6))).isTrue();
    assertThat(restored.capture()).isEqualTo(through(2, range(4, 5), range(7, 7)));
    settle(restored, 6);
    assertThat(restored.begin(at(7))).isFalse();
    assertThat(restored.capture()).isEqualTo(through(2, range(4, 7)));
    settle(restored, 3);
    assertThat(restored.capture()).isEqualTo(through(7));
  }

  @Test
  void records_that_the_stream_has_trimmed_leave_no_hole() {
    var restored = new ProgressTracker(through(2, range(4, 5), range(7, 9)));

    assertThat(restored.begin(at(12))).isTrue();
    assertThat(restored.capture()).isEqualTo(through(9));
  }

  @Test
  void sub_records_of_one_physical_record_are_records_of_their_own() {
    for (int sub = 0; sub < 3; sub++) {
      assertThat(tracker.begin(sub(8, sub))).isTrue();
    }
    tracker.settled(sub(8, 0));
    tracker.settled(sub(8, 2));

    var captured = tracker.capture();
    assertThat(captured.through()).contains(sub(8, 0));
    var restored = new ProgressTracker(captured);
    assertThat(restored.begin(sub(8, 0))).isFalse();
    assertThat(restored.begin(sub(8, 1))).isTrue();
    assertThat(restored.begin(sub(8, 2))).isFalse();
    restored.settled(sub(8, 1));
    assertThat(restored.capture().through()).contains(sub(8, 2));
  }

  @Test
  void records_come_in_order_and_once() {
    begin(tracker, 5);

    assertThatThrownBy(() -> tracker.begin(at(5))).hasMessageContaining("5:0 begun after 5:0");
    assertThatThrownBy(() -> tracker.begin(at(4))).hasMessageContaining("4:0 begun after 5:0");
  }

  @Test
  void a_record_is_settled_once_and_only_after_it_was_begun() {
    begin(tracker, 5);
    settle(tracker, 5);

    assertThatThrownBy(() -> tracker.settled(at(5))).hasMessageContaining("settled once");
    assertThatThrownBy(() -> tracker.settled(at(6))).hasMessageContaining("settled once");
  }

  @Test
  void the_unsettled_are_bounded_and_a_refused_record_leaves_no_trace() {
    var small = new ProgressTracker(Progress.NONE, 2);
    begin(small, 1, 2);

    assertThatThrownBy(() -> small.begin(at(3))).hasMessageContaining("2 records are begun");
    settle(small, 1);
    assertThat(small.begin(at(3))).isTrue();
    assertThat(small.capture()).isEqualTo(through(1));
  }

  @Test
  void a_million_records_behind_a_slow_one_take_no_room() {
    begin(tracker, 1);
    for (long n = 2; n <= 1_000_000; n++) {
      begin(tracker, n);
      settle(tracker, n);
    }

    assertThat(tracker.unsettled()).isEqualTo(1);
    assertThat(tracker.ranges()).isEqualTo(1);
    settle(tracker, 1);
    assertThat(tracker.capture()).isEqualTo(through(1_000_000));
  }

  private static Position sub(long sequence, long sub) {
    return new Position(SequenceNumber.of(sequence), sub);
  }

  private static void begin(ProgressTracker tracker, long... sequences) {
    for (long sequence : sequences) {
      assertThat(tracker.begin(at(sequence))).isTrue();
    }
  }

  private static void settle(ProgressTracker tracker, long... sequences) {
    for (long sequence : sequences) {
      tracker.settled(at(sequence));
    }
  }
}
