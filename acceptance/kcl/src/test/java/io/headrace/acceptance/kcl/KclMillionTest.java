package io.headrace.acceptance.kcl;

import io.headrace.acceptance.sdk.LocalProcess;
import io.headrace.bench.rig.ConsumerSettings.Reading;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a user does who tries his application against {@code ./headrace local}, for long. */
@Tag("acceptance")
class KclMillionTest {
  private static final int RECORDS = 1_000_000;
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final String TRUST_STORE = "javax.net.ssl.trustStore";

  @ParameterizedTest
  @EnumSource(names = {"POLLING", "FAN_OUT"})
  void reads_a_million_records_through_a_split_and_a_merge(Reading reading) throws Exception {
    try (var local = LocalProcess.start()) {
      new KclRun(local.kinesis(), local.dynamoDb(), reading, RECORDS, LIMIT).readsFromBehind();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POLLING", "FAN_OUT"})
  void does_the_same_over_tls_told_only_whom_to_trust(Reading reading) throws Exception {
    try (var local = LocalProcess.start("--tls")) {
      System.setProperty(TRUST_STORE, local.trustStore().toString());
      new KclRun(local.kinesis(), local.dynamoDb(), reading, RECORDS, LIMIT).readsFromBehind();
    } finally {
      System.clearProperty(TRUST_STORE);
    }
  }

  @ParameterizedTest
  @EnumSource(names = "FAN_OUT")
  void does_the_same_on_disk(Reading reading, @TempDir Path data) throws Exception {
    try (var local = LocalProcess.start("--data", data.toString())) {
      new KclRun(local.kinesis(), local.dynamoDb(), reading, RECORDS, LIMIT).readsFromBehind();
    }
  }
}
