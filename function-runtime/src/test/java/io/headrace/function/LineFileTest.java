package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.SimulatedLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineFileTest {
  @TempDir Path folder;
  private final SimulatedLoop loop = new SimulatedLoop(1);

  @Test
  void lines_are_written_in_order_and_only_then_told() throws Exception {
    var path = folder.resolve("new/lines");
    try (var file = new LineFile(path, loop)) {
      var first = file.append(List.of(bytes("1"), bytes("2"))).toCompletableFuture();
      var second = file.append(List.of(bytes("3"))).toCompletableFuture();
      assertThat(first).isNotDone();
      loop.runUntilIdle();
      assertThat(first).isCompleted();
      assertThat(second).isCompleted();
    }
    assertThat(path).hasContent("1\n2\n3\n");
  }

  @Test
  void a_line_that_a_crash_cut_short_spoils_no_other() throws Exception {
    var path = folder.resolve("lines");
    Files.writeString(path, "1\n{\"torn");
    try (var file = new LineFile(path, loop)) {
      var unused = file.append(List.of(bytes("2")));
      loop.runUntilIdle();
    }
    assertThat(path).hasContent("1\n{\"torn\n2\n");
  }

  @Test
  void a_file_that_can_not_be_written_fails_the_line_and_is_tried_anew() throws Exception {
    var blocked = folder.resolve("blocked");
    Files.writeString(blocked, "a file where a folder is wanted");
    try (var file = new LineFile(blocked.resolve("lines"), loop)) {
      var failed = file.append(List.of(bytes("1"))).toCompletableFuture();
      loop.runUntilIdle();
      assertThat(failed).isCompletedExceptionally();
      Files.delete(blocked);
      var written = file.append(List.of(bytes("1"))).toCompletableFuture();
      loop.runUntilIdle();
      assertThat(written).isCompleted();
    }
    assertThat(blocked.resolve("lines")).hasContent("1\n");
  }

  @Test
  void appends_of_many_threads_are_all_there() throws Exception {
    var path = folder.resolve("lines");
    try (var pool = new BoundedPool("test", 4, 1000);
        var file = new LineFile(path, pool)) {
      var all = new ArrayList<CompletableFuture<Void>>();
      for (int i = 0; i < 500; i++) {
        all.add(file.append(List.of(bytes(Integer.toString(i)))).toCompletableFuture());
      }
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    }
    var expected = new ArrayList<String>();
    for (int i = 0; i < 500; i++) {
      expected.add(Integer.toString(i));
    }
    assertThat(Files.readAllLines(path)).isEqualTo(expected);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
