package io.headrace.bench.outage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutageJudgeTest {
  private final OutageJudge judge = new OutageJudge(new int[] {2, 1});

  @Test
  void records_that_are_handled_once_and_in_order_are_nothing_but_handled() {
    call(0, 0, 0, 1, 10, 20);
    call(0, 0, 1, 1, 20, 30);
    call(1, 1, 0, 1, 5, 40);

    assertThat(judge.verdict()).isEqualTo(new OutageJudge.Verdict(3, 0, 0, 0, 0, 0));
  }

  @Test
  void what_nobody_handled_is_lost_and_what_nobody_put_is_told() {
    call(0, 0, 0, 1, 10, 20);
    call(0, 0, 2, 1, 30, 40);
    call(0, 7, 0, 1, 30, 40);

    assertThat(judge.verdict()).isEqualTo(new OutageJudge.Verdict(1, 2, 2, 0, 0, 0));
  }

  @Test
  void a_record_that_began_before_the_one_before_it_was_done_is_out_of_order() {
    call(0, 0, 0, 1, 10, 20);
    call(1, 0, 1, 1, 19, 30);
    call(0, 1, 0, 1, 1, 2);

    assertThat(judge.verdict()).isEqualTo(new OutageJudge.Verdict(3, 0, 0, 1, 0, 0));
  }

  @Test
  void a_duplicate_is_explained_by_another_worker_or_a_new_start_of_the_shard_once() {
    call(1, 1, 0, 1, 5, 6);
    call(0, 0, 0, 1, 10, 20);
    call(0, 0, 1, 1, 20, 30);
    call(1, 0, 1, 1, 40, 50);
    call(0, 0, 1, 2, 60, 70);
    assertThat(judge.verdict()).isEqualTo(new OutageJudge.Verdict(3, 0, 0, 0, 2, 0));

    call(0, 0, 1, 2, 80, 90);
    assertThat(judge.verdict()).isEqualTo(new OutageJudge.Verdict(3, 0, 0, 0, 3, 1));
  }

  @Test
  void the_first_success_counts_whichever_worker_is_heard_first() {
    call(1, 1, 0, 1, 5, 6);
    call(1, 0, 0, 1, 60, 70);
    call(0, 0, 0, 1, 10, 20);
    call(0, 0, 1, 1, 20, 30);

    assertThat(judge.verdict()).isEqualTo(new OutageJudge.Verdict(3, 0, 0, 0, 1, 0));
  }

  @Test
  void a_journal_is_read_as_it_was_written(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("worker.journal");
    var calls =
        List.of(new Journal.Entry(1, 2, 3, 4, 5), new Journal.Entry(6, 7, 8, 9, Long.MAX_VALUE));
    try (var journal = new Journal(file)) {
      calls.forEach(journal::write);
    }
    var read = new ArrayList<Journal.Entry>();
    Journal.read(file, read::add);

    assertThat(read).isEqualTo(calls);
  }

  private void call(int worker, int key, int number, long sealed, long begun, long done) {
    judge.accept(worker, new Journal.Entry(key, number, sealed, begun, done));
  }
}
