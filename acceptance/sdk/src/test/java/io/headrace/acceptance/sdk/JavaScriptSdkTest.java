package io.headrace.acceptance.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The AWS SDK for JavaScript v3, from npm, in the version that package.json names. */
@Tag("acceptance")
class JavaScriptSdkTest {
  private static final Path SOURCES = Path.of("src/test/resources/javascript");
  private static final Path FOLDER = Path.of("target/javascript").toAbsolutePath();

  /** Node 20 works; the SDK only says that it will not one day. */
  private static final Map<String, String> QUIET = Map.of("NODE_NO_WARNINGS", "1");

  @TempDir Path data;

  @BeforeAll
  static void install() throws IOException {
    Files.createDirectories(FOLDER);
    for (var name : List.of("package.json", "package-lock.json", "journey.mjs")) {
      Files.copy(SOURCES.resolve(name), FOLDER.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
    var npm =
        Program.run(
            FOLDER,
            Duration.ofMinutes(5),
            QUIET,
            "npm",
            "ci",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts");
    assertThat(npm.exitCode())
        .as("npm ci in %s; it needs Node 20 or later and an npm registry: %s", FOLDER, npm.output())
        .isZero();
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
      journey(local, Map.of("NODE_EXTRA_CA_CERTS", local.certificate().toString()));
    }
  }

  @Test
  void does_the_same_on_disk_with_each_signature_verified() throws IOException {
    try (var local = LocalProcess.start("--strict", "--data", data.toString())) {
      journey(local, Map.of());
    }
  }

  /** The environment is what {@code ./headrace local} tells its user to set, and no more. */
  private static void journey(LocalProcess local, Map<String, String> trust) {
    var environment = new HashMap<>(QUIET);
    environment.put("AWS_ENDPOINT_URL_KINESIS", local.kinesis().toString());
    environment.put("AWS_REGION", "us-east-1");
    environment.putAll(LocalProcess.CREDENTIALS);
    environment.putAll(trust);

    var journey = Program.run(FOLDER, Duration.ofMinutes(2), environment, "node", "journey.mjs");

    assertThat(journey.exitCode()).as(journey.output()).isZero();
    assertThat(journey.output())
        .contains("2001 records were pushed")
        .contains("2001 records were written and read back");
  }
}
