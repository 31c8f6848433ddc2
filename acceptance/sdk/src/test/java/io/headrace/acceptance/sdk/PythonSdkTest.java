package io.headrace.acceptance.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** boto3 as Debian packages it. */
@Tag("acceptance")
class PythonSdkTest {
  private static final Path JOURNEY =
      Path.of("src/test/resources/python/journey.py").toAbsolutePath();
  private static final Path FOLDER = Path.of("target/python").toAbsolutePath();

  /** Debian's own, whatever others come first on the path: only that one sees its packages. */
  private static final String PYTHON = "/usr/bin/python3";

  private static final Duration INSTALL_MAX = Duration.ofMinutes(5);

  @TempDir Path data;

  @BeforeAll
  static void install() {
    if (isThere()) {
      return;
    }
    apt("update");
    apt("install", "-y", "--no-install-recommends", "python3-boto3");
    assertThat(isThere()).as("boto3 after apt-get install -y python3-boto3").isTrue();
  }

  @Test
  void creates_puts_lists_reads_splits_merges_and_deletes() throws IOException {
    try (var local = LocalProcess.start()) {
      journey(local, Map.of());
    }
  }

  @Test
  void does_the_same_over_tls_told_only_whom_to_trust() throws IOException {
    try (var local = LocalProcess.start("--tls")) {
      assertThat(local.kinesis()).hasScheme("https");
      journey(local, Map.of("AWS_CA_BUNDLE", local.certificate().toString()));
    }
  }

  @Test
  void does_the_same_on_disk_with_each_signature_verified() throws IOException {
    try (var local = LocalProcess.start("--strict", "--data", data.toString())) {
      journey(local, Map.of());
    }
  }

  private static void journey(LocalProcess local, Map<String, String> environment) {
    var journey =
        Program.run(
            FOLDER,
            Duration.ofMinutes(2),
            environment,
            PYTHON,
            JOURNEY.toString(),
            local.kinesis().toString());

    assertThat(journey.exitCode()).as(journey.output()).isZero();
    assertThat(journey.output()).contains("2001 records were written and read back");
  }

  private static boolean isThere() {
    return Program.run(FOLDER, INSTALL_MAX, Map.of(), PYTHON, "-c", "import boto3").exitCode() == 0;
  }

  private static void apt(String... words) {
    var command = new String[words.length + 1];
    command[0] = "apt-get";
    System.arraycopy(words, 0, command, 1, words.length);
    var outcome =
        Program.run(FOLDER, INSTALL_MAX, Map.of("DEBIAN_FRONTEND", "noninteractive"), command);
    assertThat(outcome.exitCode())
        .as(
            "%s; it needs Debian and root, or install boto3 for %s by hand: %s",
            String.join(" ", command), PYTHON, outcome.output())
        .isZero();
  }
}
