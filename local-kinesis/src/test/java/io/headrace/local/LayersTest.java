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

/** Which source files may know what. They are one package, so that no compiler tells. */
class LayersTest {
  private static final Path SOURCES = Path.of("src/main/java/io/headrace/local");

  @Test
  void only_the_transport_knows_netty() throws IOException {
    assertThat(filesWith("io.netty"))
        .containsExactlyInAnyOrder("HttpServer.java", "PortSniffer.java", "RequestHandler.java");
  }

  @Test
  void only_the_protocol_knows_jackson() throws IOException {
    assertThat(filesWith("com.fasterxml"))
        .containsExactlyInAnyOrder("BodyReader.java", "Output.java", "Protocol.java", "Wire.java");
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
  void only_what_users_need_is_public() throws IOException {
    assertThat(filesWith("\npublic "))
        .containsExactlyInAnyOrder("LocalKinesis.java", "LocalKinesisException.java");
  }

  private static Set<String> filesWith(String text) throws IOException {
    Set<String> files = new TreeSet<>();
    try (Stream<Path> sources = Files.list(SOURCES)) {
      for (Path source : sources.toList()) {
        if (Files.readString(source).contains(text)) {
          files.add(source.getFileName().toString());
        }
      }
    }
    return files;
  }
}
