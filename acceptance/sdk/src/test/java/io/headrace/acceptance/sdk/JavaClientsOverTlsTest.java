package io.headrace.acceptance.sdk;

import io.headrace.local.LocalKinesis;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same clients over https, told nothing but whom to trust. */
class JavaClientsOverTlsTest {
  private static final String TRUST_STORE = "javax.net.ssl.trustStore";

  @TempDir static Path folder;

  private static LocalKinesis kinesis;

  @BeforeAll
  static void start() {
    kinesis = LocalKinesis.builder().tls().start();
    var store = folder.resolve("trust.p12");
    kinesis.writeTrustStore(store);
    System.setProperty(TRUST_STORE, store.toString());
  }

  @AfterAll
  static void stop() {
    System.clearProperty(TRUST_STORE);
    kinesis.close();
  }

  @ParameterizedTest
  @EnumSource
  void creates_puts_lists_reads_splits_merges_and_deletes(JavaClient client) {
    try (var calls = client.open(kinesis.endpoint())) {
      new Journey(calls, "journey").make();
    }
  }

  /** Not the CRT's: its native library ends the JVM now and then when a subscription ends. */
  @Test
  void the_async_client_is_pushed_everything_through_a_split_and_a_merge() throws Exception {
    try (var subscriber = JavaClient.openNetty(kinesis.endpoint());
        var calls = new AsyncCalls(subscriber)) {
      new Journey(calls, "pushed").makeSubscribed(subscriber);
    }
  }
}
