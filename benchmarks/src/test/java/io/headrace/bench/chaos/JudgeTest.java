package io.headrace.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two records of one key, handled, committed and taken over as it should be; then one thing off.
 */
class JudgeTest {
  @TempDir Path folder;

  @BeforeEach
  void two_records_are_put_and_worker_1_seals_the_shard() throws IOException {
    put("a 0", 10);
    put("a 1", 11);
    output("a 0");
    output("a 1");
    sealed("worker-1", "w1#x!1", 100, "");
  }

  @Test
  void a_run_in_which_all_went_well_has_nothing_against_it() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    commit("worker-1", "w1#x!1", "1", 220, 10);
    answer("worker-1", "w1#x!1", "1", 230);
    done("worker-1", "a 1", 11, 240, 250);
    sealed("worker-2", "w2#y!2", 300, "[\"0\",\"10\"]");
    done("worker-2", "a 1", 11, 310, 320);
    commit("worker-2", "w2#y!2", "1", 330, 11);
    answer("worker-2", "w2#y!2", "1", 340);

    var verdict = Judge.of(folder);

    assertThat(verdict)
        .containsEntry("puts", 2L)
        .containsEntry("duplicates", 1L)
        .containsEntry("duplicatesMax", 1L);
    assertThat(wrong(verdict)).isEmpty();
  }

  @Test
  void a_record_that_was_never_delivered_is_lost() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);

    assertThat(Judge.of(folder)).containsEntry("lost", 1L);
  }

  @Test
  void the_last_record_that_was_put_is_missed_as_any_other() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    done("worker-1", "a 1", 11, 220, 230);
    put("a 2", 12);

    assertThat(Judge.of(folder)).containsEntry("lost", 1L).containsEntry("outputsLost", 1L);
  }

  @Test
  void a_record_that_is_done_and_in_no_commit_is_uncommitted() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    commit("worker-1", "w1#x!1", "1", 220, 10);
    answer("worker-1", "w1#x!1", "1", 230);
    done("worker-1", "a 1", 11, 240, 250);
    // Nobody answers, and no owner finds it.
    commit("worker-1", "w1#x!1", "2", 260, 11);

    assertThat(Judge.of(folder)).containsEntry("uncommitted", 1L).containsEntry("lost", 0L);

    sealed("worker-2", "w2#y!2", 300, "[\"0\",\"11\"]");
    assertThat(Judge.of(folder)).containsEntry("uncommitted", 0L);
  }

  @Test
  void a_commit_that_covers_a_record_before_it_was_done_passes_it_over() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    commit("worker-1", "w1#x!1", "1", 220, 11);
    done("worker-1", "a 1", 11, 230, 240);

    assertThat(Judge.of(folder)).containsEntry("passedOver", 1L).containsEntry("lost", 0L);
  }

  @Test
  void the_end_of_a_shard_covers_all_that_was_put_there() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    write(
        "worker-1",
        "{'what':'commit','shard':'s','token':'w1#x!1','attempt':'1','sent':220,'end':true,"
            + "'finished':[]}");
    done("worker-1", "a 1", 11, 230, 240);

    assertThat(Judge.of(folder)).containsEntry("passedOver", 1L);
  }

  @Test
  void a_record_that_was_begun_before_the_one_before_it_was_done_is_out_of_order()
      throws IOException {
    done("worker-1", "a 0", 10, 200, 250);
    done("worker-1", "a 1", 11, 240, 260);

    assertThat(Judge.of(folder)).containsEntry("orderViolations", 1L);
  }

  @Test
  void a_commit_that_was_sent_after_another_owner_sealed_and_was_applied_is_stale()
      throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    sealed("worker-2", "w2#y!2", 300, "");
    commit("worker-1", "w1#x!1", "1", 320, 10);
    answer("worker-1", "w1#x!1", "1", 330);

    assertThat(Judge.of(folder)).containsEntry("staleCommits", 1L);
  }

  @Test
  void a_commit_that_crossed_a_seal_and_is_not_in_what_it_found_is_stale() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    commit("worker-1", "w1#x!1", "1", 290, 10);
    sealed("worker-2", "w2#y!2", 295, "");
    answer("worker-1", "w1#x!1", "1", 330);

    assertThat(Judge.of(folder)).containsEntry("staleCommits", 1L);
  }

  @Test
  void a_commit_that_crossed_a_seal_and_was_found_by_it_came_first() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    commit("worker-1", "w1#x!1", "1", 290, 10);
    sealed("worker-2", "w2#y!2", 295, "[\"0\",\"10\"]");
    answer("worker-1", "w1#x!1", "1", 330);

    assertThat(Judge.of(folder)).containsEntry("staleCommits", 0L);
  }

  @Test
  void a_commit_of_somebody_who_never_sealed_is_stale() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    commit("worker-1", "w1#x!7", "1", 220, 10);
    answer("worker-1", "w1#x!7", "1", 230);

    assertThat(Judge.of(folder)).containsEntry("staleCommits", 1L);
  }

  @Test
  void a_record_of_a_child_that_began_before_its_predecessor_in_the_parent_is_out_of_order()
      throws IOException {
    write("puts", "{'what':'try','record':'a 2'}");
    write("puts", "{'what':'put','record':'a 2','shard':'child','sequence':'12'}");
    done("worker-1", "a 0", 10, 200, 210);
    done("worker-1", "a 1", 11, 220, 260);
    write(
        "worker-2",
        "{'what':'done','record':'a 2','shard':'child','sequence':'12','begun':250,'done':270}");

    assertThat(Judge.of(folder)).containsEntry("orderViolations", 1L).containsEntry("lost", 0L);
  }

  @Test
  void an_owner_that_does_not_find_what_was_committed_saw_progress_fall_back() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    commit("worker-1", "w1#x!1", "1", 220, 10);
    answer("worker-1", "w1#x!1", "1", 230);
    sealed("worker-2", "w2#y!2", 300, "");

    assertThat(Judge.of(folder)).containsEntry("progressFellBack", 1L);
  }

  @Test
  void a_record_that_comes_to_an_owner_who_found_it_finished_is_a_duplicate_without_a_reason()
      throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    sealed("worker-2", "w2#y!2", 300, "[\"0\",\"10\"]");
    done("worker-2", "a 0", 10, 310, 320);

    assertThat(Judge.of(folder)).containsEntry("duplicatesUnexplained", 1L);
  }

  @Test
  void a_record_that_comes_twice_to_one_owner_is_a_duplicate_without_a_reason() throws IOException {
    done("worker-1", "a 0", 10, 200, 210);
    done("worker-1", "a 0", 10, 220, 230);

    assertThat(Judge.of(folder)).containsEntry("duplicatesUnexplained", 1L);
  }

  @Test
  void an_output_that_is_missing_or_behind_its_successor_is_counted() throws IOException {
    put("b 0", 12);
    put("b 1", 13);
    output("b 1");

    assertThat(Judge.of(folder))
        .containsEntry("outputsLost", 1L)
        .containsEntry("outputOrderViolations", 1L);
  }

  @Test
  void what_nobody_put_and_a_call_after_the_shard_was_taken_are_counted() throws IOException {
    sealed("worker-2", "w2#y!2", 300, "");
    done("worker-1", "c 0", 14, 400, 410);

    assertThat(Judge.of(folder))
        .containsEntry("neverPut", 1L)
        .containsEntry("begunWithoutLease", 1L);
  }

  @Test
  void half_a_line_of_a_process_that_was_killed_is_left_out() throws IOException {
    Files.writeString(
        folder.resolve("worker-1.ndjson"), "{\"what\":\"done\",\"rec", StandardOpenOption.APPEND);

    assertThat(Judge.of(folder)).containsEntry("delivered", 0L);
  }

  /** In a process that could not load another of our classes, the same package's included. */
  @Test
  void the_judge_uses_no_class_of_headrace() throws ReflectiveOperationException, IOException {
    put("a 2", 12);
    try (var alone = new JudgeAlone()) {
      var judge = alone.loadClass(Judge.class.getName());
      var verdict = judge.getMethod("of", Path.class).invoke(null, folder);

      assertThat(judge).isNotSameAs(Judge.class);
      assertThat(verdict).isEqualTo(Judge.of(folder));
    }
  }

  /** Knows the judge, what it reads, and nothing else of ours. */
  private static final class JudgeAlone extends URLClassLoader {
    JudgeAlone() {
      super(
          new URL[] {Judge.class.getProtectionDomain().getCodeSource().getLocation()},
          JudgeTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("io.headrace.")) {
        return super.loadClass(name, resolve);
      }
      if (!name.matches("io\\.headrace\\.bench\\.chaos\\.(Judge|Testimony)(\\$.*)?")) {
        throw new ClassNotFoundException(name + " is not the judge's to know");
      }
      var loaded = findLoadedClass(name);
      return loaded == null ? findClass(name) : loaded;
    }
  }

  private static Map<String, Long> wrong(Map<String, Long> verdict) {
    var wrong = new TreeMap<>(verdict);
    wrong
        .keySet()
        .removeAll(
            Set.of(
                "puts",
                "delivered",
                "commits",
                "takeOvers",
                "outputs",
                "duplicates",
                "duplicatesMax"));
    wrong.values().removeIf(number -> number == 0);
    return wrong;
  }

  private void put(String record, int sequence) throws IOException {
    write("puts", "{'what':'try','record':'%s'}".formatted(record));
    write(
        "puts",
        "{'what':'put','record':'%s','shard':'s','sequence':'%d'}".formatted(record, sequence));
  }

  private void output(String record) throws IOException {
    write("outputs", "{'what':'output','record':'%s'}".formatted(record));
  }

  private void sealed(String process, String token, long tick, String range) throws IOException {
    write(
        process,
        "{'what':'sealed','shard':'s','token':'%s','sent':%d,'answered':%d,'finished':[%s]}"
            .formatted(token, tick, tick + 1, range));
  }

  private void done(String process, String record, int sequence, long begun, long done)
      throws IOException {
    write(
        process,
        "{'what':'done','record':'%s','shard':'s','sequence':'%d','begun':%d,'done':%d}"
            .formatted(record, sequence, begun, done));
  }

  private void commit(String process, String token, String attempt, long sent, int through)
      throws IOException {
    write(
        process,
        String.format(
            Locale.ROOT,
            "{'what':'commit','shard':'s','token':'%s','attempt':'%s','sent':%d,'end':false,"
                + "'finished':[['0','%d']]}",
            token,
            attempt,
            sent,
            through));
  }

  private void answer(String process, String token, String attempt, long tick) throws IOException {
    write(
        process,
        "{'what':'answer','shard':'s','token':'%s','attempt':'%s','answered':%d,'applied':true}"
            .formatted(token, attempt, tick));
  }

  private void write(String file, String line) throws IOException {
    Files.writeString(
        folder.resolve(file + ".ndjson"),
        line.replace('\'', '"') + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}
