package io.headrace.bench.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  private static final Journal.Key KEY = new Journal.Key(Scenario.KILL, Side.KCL, 2, "kcl-1/ab");

  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("results.ndjson");
  }

  @Test
  void a_run_that_is_broken_off_finds_what_it_had_measured() {
    Journal.fresh(file()).add(KEY, new Figures().put("kill.resume_worst_s", 34.5));

    assertThat(Journal.resumed(file()).of(KEY).orElseThrow().byName())
        .containsExactly(Map.entry("kill.resume_worst_s", 34.5));
  }

  @Test
  void a_result_of_another_program_counts_for_nothing() {
    Journal.fresh(file()).add(KEY, new Figures().put("kill.resume_worst_s", 34.5));

    var other = new Journal.Key(Scenario.KILL, Side.KCL, 2, "kcl-2/ab");
    assertThat(Journal.resumed(file()).of(other)).isEmpty();
  }

  @Test
  void of_two_results_the_last_counts() {
    Journal journal = Journal.fresh(file());
    journal.add(KEY, new Figures().put("kill.shards", 3));
    journal.add(KEY, new Figures().put("kill.shards", 4));

    assertThat(Journal.resumed(file()).of(KEY).orElseThrow().byName())
        .containsEntry("kill.shards", 4.0);
  }

  @Test
  void a_fresh_run_replaces_what_is_there() {
    Journal.fresh(file()).add(KEY, new Figures().put("kill.shards", 3));

    assertThat(Journal.fresh(file()).of(KEY)).isEmpty();
    assertThat(file()).doesNotExist();
  }

  @Test
  void a_file_that_is_not_there_is_one_without_results() {
    assertThat(Journal.resumed(file()).of(KEY)).isEmpty();
  }

  @Test
  void a_line_that_is_no_result_is_named() throws IOException {
    Files.writeString(file(), "\n{\"scenario\":\"NOTHING\"}\n");

    assertThatThrownBy(() -> Journal.resumed(file()))
        .isInstanceOf(NotMeasured.class)
        .hasMessageContaining("results.ndjson, line 2");
  }
}
