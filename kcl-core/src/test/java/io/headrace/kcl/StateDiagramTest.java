package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class StateDiagramTest {
  private static final boolean WRITE = Boolean.getBoolean("headrace.diagrams.write");

  @Test
  void the_committed_diagram_of_the_shard_reader_is_its_table() throws IOException {
    compare(
        "shard-reader-states.md",
        "# What a shard's reader does",
        "One for each shard and group of functions that read it together (`ShardReader`). Within"
            + " FETCHING the cursor tries\n"
            + "again what may pass, for 30 s: throttled calls about twice a second, others up to 6"
            + " s apart. Only then is it BACKING_OFF,\n"
            + "and is told ([0348](decisions/0348-a-throttled-read-is-no-outage.md)).",
        ShardReader.TABLE.mermaid());
  }

  @Test
  void the_committed_diagram_of_the_handler_run_is_its_table() throws IOException {
    compare(
        "handler-run-states.md",
        "# What a function does in a shard",
        "One for each function and leased shard (`HandlerRun`); commits go on beside RUNNING,"
            + " FINISHING and DRAINING.",
        RunTransitions.TABLE.mermaid());
  }

  private static void compare(String file, String title, String text, String diagram)
      throws IOException {
    var page =
        title
            + "\n\n"
            + text
            + "\nDrawn from the transition table by `StateDiagramTest`; write it anew with"
            + " `-Dheadrace.diagrams.write=true`.\n\n```mermaid\n"
            + diagram
            + "```\n";
    var path = Path.of("..", "docs", file);
    if (WRITE) {
      Files.writeString(path, page);
    }
    assertThat(path).as("written with -Dheadrace.diagrams.write=true").exists();
    assertThat(Files.readString(path)).isEqualTo(page);
  }
}
