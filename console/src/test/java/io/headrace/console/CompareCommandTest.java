package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What two shadows wrote. */
class CompareCommandTest {
  @TempDir Path folder;

  private Path file(String name, String... lines) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  private static String line(int id, String value) {
    return "{\"id\":\"in/0/" + id + ":0/0\",\"value\":\"" + value + "\"}";
  }

  @Test
  void files_of_several_workers_are_compared_by_id_whatever_was_sent_twice() throws IOException {
    var first = file("new-1", line(1, "a"), line(2, "b"));
    var second = file("new-2", line(2, "b"), line(4, "d"));
    var live = file("live", line(1, "a"), line(2, "B"), line(3, "c"));

    var run = CommandRun.of("compare", first + "", second + "", "--against", live + "");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out().lines())
        .containsExactly(
            "+ in/0/4:0/0  d",
            "- in/0/3:0/0  c",
            "~ in/0/2:0/0  B  ->  b",
            "1 the same, 1 added, 1 missing, 1 changed");
    assertThat(CommandRun.of("compare", live + "", "--against", live + "", "--json").exitCode())
        .isZero();
  }

  @Test
  void a_line_that_no_shadow_wrote_is_named() throws IOException {
    var live = file("live", line(1, "a"), "{\"id\":7}");

    var run = CommandRun.of("compare", live + "", "--against", live + "");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("live, line 2: has no id and value");
  }

  @Test
  void a_line_that_a_crash_cut_short_is_told_and_does_not_count() throws IOException {
    var crashed = file("new", line(1, "a"), line(2, "b").substring(0, 12), line(2, "b"));
    Files.writeString(crashed, Files.readString(crashed) + line(3, "c").substring(0, 3));
    var live = file("live", line(1, "a"), line(2, "b"));

    var run = CommandRun.of("compare", crashed + "", "--against", live + "");

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).contains("new, line 2 was cut off").contains("new, line 4 was cut off");
    assertThat(run.out().lines()).containsExactly("2 the same, 0 added, 0 missing, 0 changed");
  }
}
