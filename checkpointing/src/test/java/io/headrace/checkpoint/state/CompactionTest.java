package io.headrace.checkpoint.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompactionTest {
  private static final int RUNS_MAX = StateRules.SOUND.runsMax();
  private static final long SMALL = 40L << 10;
  private static final long LARGE = 1L << 30;
  private int made;

  private Run run(long bytes) {
    var top = new ChunkRef("app/f/s/1.0.s" + ++made, 0, 1, new byte[20], ChunkRef.NO_BLOOM);
    return new Run(false, HashRange.ALL, 1, bytes, new byte[20], new byte[20], 0, top);
  }

  private List<Run> runs(int small, long... older) {
    var all =
        new ArrayList<Run>(Collections.nCopies(small, SMALL).stream().map(this::run).toList());
    Arrays.stream(older).forEach(bytes -> all.add(run(bytes)));
    return all;
  }

  @Test
  void small_runs_are_merged_with_each_other_and_not_with_a_large_one() {
    assertThat(Compaction.of(runs(RUNS_MAX - 1, LARGE), RUNS_MAX)).isEmpty();

    var all = runs(RUNS_MAX, LARGE);
    assertThat(Compaction.of(all, RUNS_MAX))
        .hasValueSatisfying(due -> assertThat(due.inputs()).isEqualTo(all.subList(0, RUNS_MAX)));
  }

  @Test
  void runs_of_a_tier_are_merged_with_smaller_ones_between_them_and_without_those_before() {
    long middle = 1L << 20;
    var all = runs(3);
    for (int i = 0; i < RUNS_MAX; i++) {
      all.add(run(middle));
      all.addAll(i == 5 ? runs(2) : List.of());
    }
    all.add(run(LARGE));

    assertThat(Compaction.of(all, RUNS_MAX))
        .hasValueSatisfying(
            due -> assertThat(due.inputs()).isEqualTo(all.subList(3, all.size() - 1)));
  }

  @Test
  void what_together_outgrows_the_oldest_run_twice_is_merged_with_it() {
    var all = runs(1, 5L << 20, 5L << 20, 4L << 20);
    assertThat(Compaction.of(all, RUNS_MAX))
        .hasValueSatisfying(due -> assertThat(due.inputs()).isEqualTo(all));
    assertThat(Compaction.of(runs(1, 5L << 20, 4L << 20), RUNS_MAX)).isEmpty();
  }

  /** A gigabyte that changes in small commits: each byte of them is written again a few times. */
  @Test
  void a_byte_is_written_again_about_as_often_as_there_are_tiers() {
    var all = runs(0, LARGE);
    long written = 0;
    int commits = 4_000;
    for (int i = 0; i < commits; i++) {
      all.add(0, run(SMALL));
      for (var due = Compaction.of(all, RUNS_MAX);
          due.isPresent();
          due = Compaction.of(all, RUNS_MAX)) {
        var inputs = due.get().inputs();
        long bytes = inputs.stream().mapToLong(Run::bytes).sum();
        int at = all.indexOf(inputs.get(0));
        all.subList(at, at + inputs.size()).clear();
        all.add(at, run(bytes));
        written += bytes;
      }
    }
    assertThat(written).isLessThan(4L * commits * SMALL);
    assertThat(all).hasSizeLessThan(4 * RUNS_MAX);
  }
}
