package io.headrace.acceptance.sdk;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.headrace.local.LocalKinesis;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.services.kinesis.model.KinesisException;

/** The AWS SDK for Java v2 over each of its HTTP stacks. */
class JavaClientsTest {
  private static LocalKinesis kinesis;

  @TempDir Path data;

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

  @ParameterizedTest
  @EnumSource
  void does_the_same_on_disk_with_each_signature_verified(JavaClient client) {
    try (var strict = LocalKinesis.builder().credentials("any", "any").data(data).start();
        var calls = client.open(strict.endpoint())) {
      new Journey(calls, "journey").make();
    }
  }

  @Test
  void who_signs_with_another_secret_is_refused() {
    try (var strict = LocalKinesis.builder().credentials("any", "other").start();
        var calls = JavaClient.BLOCKING.open(strict.endpoint())) {
      assertThatExceptionOfType(KinesisException.class)
          .isThrownBy(calls::listStreams)
          .withMessageContaining("signature");
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
