package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which layer may know what. */
class LayersTest {
  private static final Path SOURCES = Path.of("src/main/java/io/headrace/local");

  @Test
  void only_the_transport_knows_netty() throws IOException {
    assertThat(packagesWith("io.netty")).containsExactly("transport");
  }

  @Test
  void only_the_protocol_and_what_is_kept_know_jackson() throws IOException {
    // The state of a stream is kept as JSON, which a person can read when a folder is damaged.
    assertThat(packagesWith("com.fasterxml")).containsExactly("protocol", "store");
  }

  @Test
  void a_layer_knows_only_those_below_it() throws IOException {
    List<String> layers = List.of("transport", "protocol", "store", "engine", "log", "fault");
    for (int i = 1; i < layers.size(); i++) {
      for (String above : layers.subList(0, i)) {
        assertThat(packagesWith("import io.headrace.local." + above + "."))
            .as("%s, known by", above)
            .doesNotContain(layers.get(i));
      }
    }
  }

  @Test
  void nothing_reads_a_clock_of_its_own_or_sleeps_or_starts_a_thread() throws IOException {
    List<String> banned =
        List.of(
            "Instant.now",
            "System.currentTimeMillis",
            "System.nanoTime",
            "Thread.sleep",
            "new Thread(",
            "new Random");
    for (String call : banned) {
      assertThat(filesWith(call)).as(call).isEmpty();
    }
  }

  @Test
  void the_top_holds_only_what_users_need() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      assertThat(files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "Fault.java",
              "Faults.java",
              "Fsync.java",
              "Limits.java",
              "MovableClock.java",
              "LocalKinesis.java",
              "LocalKinesisException.java",
              "LocalTls.java",
              "package-info.java");
    }
  }

  private static Set<String> packagesWith(String text) throws IOException {
    Set<String> packages = new TreeSet<>();
    for (Path file : filesWith(text)) {
      packages.add(SOURCES.relativize(file.getParent()).toString());
    }
    return packages;
  }

  private static Set<Path> filesWith(String text) throws IOException {
    Set<Path> files = new TreeSet<>();
    try (Stream<Path> sources = Files.walk(SOURCES)) {
      for (Path source : sources.filter(Files::isRegularFile).toList()) {
        if (Files.readString(source).contains(text)) {
          files.add(source);
        }
      }
    }
    return files;
  }
}
