package io.headrace.acceptance.sdk;

import io.headrace.local.LocalKinesis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkSystemSetting;

/** The AWS SDK for Java v2 over each of its HTTP stacks. */
class JavaClientsTest {
  private static LocalKinesis kinesis;

  @BeforeAll
  static void start() {
    kinesis = LocalKinesis.start();
  }

  @AfterAll
  static void stop() {
    kinesis.close();
  }

  @ParameterizedTest
  @EnumSource
  void creates_puts_lists_reads_splits_merges_and_deletes(JavaClient client) {
    try (var calls = client.open(kinesis.endpoint())) {
      new Journey(calls, "journey").make();
    }
  }

  @ParameterizedTest
  @EnumSource
  void does_the_same_in_json(JavaClient client) {
    var setting = SdkSystemSetting.CBOR_ENABLED.property();
    System.setProperty(setting, "false");
    try (var calls = client.open(kinesis.endpoint())) {
      new Journey(calls, "journey").make();
    } finally {
      System.clearProperty(setting);
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
