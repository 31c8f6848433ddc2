package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.headrace.local.VirtualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Retention, encryption and metrics of a stream. */
class OptionsTest {
  private static final Caller CALLER = new Caller("000000000000", "us-east-1");
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final String FIRST = "shardId-000000000000";
  private static final Duration TAKES = Duration.ofSeconds(10);

  private final VirtualClock clock = new VirtualClock();
  private final Engine engine = new Engine(clock, new EngineSettings(64L << 20, 100, TAKES));

  @BeforeEach
  void create() {
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    clock.advance(TAKES);
  }

  @Test
  void a_longer_retention_keeps_what_has_not_expired_and_brings_nothing_back() {
    put("a");
    clock.advance(Duration.ofHours(2));
    put("b");
    clock.advance(Duration.ofHours(22).plusSeconds(1));

    engine.increaseRetention(ORDERS, 48);
    clock.advance(Duration.ofHours(20));

    assertThat(engine.describe(ORDERS).options().retentionHours()).isEqualTo(48);
    assertThat(texts()).containsExactly("b");
    clock.advance(Duration.ofHours(6));
    assertThat(texts()).isEmpty();
  }

  @Test
  void a_shorter_retention_lets_go_at_once_of_what_is_older() {
    engine.increaseRetention(ORDERS, 8760);
    clock.advance(TAKES);
    put("a");
    clock.advance(Duration.ofDays(300));
    put("b");
    assertThat(texts()).containsExactly("a", "b");

    engine.decreaseRetention(ORDERS, 24);
    clock.advance(TAKES);

    assertThat(texts()).containsExactly("b");
  }

  @ParameterizedTest
  @CsvSource({
    "23,   Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is"
        + " too short.",
    "8761, Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours)"
        + " is too long."
  })
  void a_retention_out_of_range_is_refused(int hours, String message) {
    assertThatThrownBy(() -> engine.increaseRetention(ORDERS, hours)).hasMessage(message);
    assertThatThrownBy(() -> engine.decreaseRetention(ORDERS, hours))
        .asInstanceOf(type(KinesisError.class))
        .returns("InvalidArgumentException", KinesisError::code)
        .returns(message, KinesisError::getMessage);
  }

  @Test
  void the_retention_cannot_be_increased_downwards_nor_decreased_upwards() {
    engine.increaseRetention(ORDERS, 25);
    clock.advance(TAKES);

    assertThatThrownBy(() -> engine.increaseRetention(ORDERS, 24))
        .hasMessage(
            "Requested retention period (24 hours) for stream orders can not be shorter than"
                + " existing retention period (25 hours). Use DecreaseRetentionPeriod API.");
    assertThatThrownBy(() -> engine.decreaseRetention(ORDERS, 26))
        .hasMessage(
            "Requested retention period (26 hours) for stream orders can not be longer than"
                + " existing retention period (25 hours). Use IncreaseRetentionPeriod API.");
  }

  @Test
  void a_stream_is_updating_until_the_change_is_done_and_takes_no_second_one() {
    engine.increaseRetention(ORDERS, 48);

    assertThat(engine.describe(ORDERS).status()).isEqualTo(StreamStatus.UPDATING);
    assertThat(engine.describe(ORDERS).options().retentionHours()).isEqualTo(24);
    assertThatThrownBy(() -> engine.startEncryption(ORDERS, "KMS", "alias/aws/kinesis"))
        .asInstanceOf(type(KinesisError.class))
        .returns("ResourceInUseException", KinesisError::code);
    put("a");
    assertThat(texts()).containsExactly("a");
    clock.advance(TAKES);
    assertThat(engine.describe(ORDERS).status()).isEqualTo(StreamStatus.ACTIVE);
    assertThat(engine.describe(ORDERS).options().retentionHours()).isEqualTo(48);
  }

  @Test
  void a_request_for_what_is_so_already_changes_nothing() {
    engine.increaseRetention(ORDERS, 24);

    assertThat(engine.describe(ORDERS).status()).isEqualTo(StreamStatus.ACTIVE);
  }

  @Test
  void records_count_as_encrypted_from_when_encryption_is_active_to_when_it_stops() {
    put("before");
    engine.startEncryption(ORDERS, "KMS", "alias/aws/kinesis");
    put("meanwhile");
    clock.advance(TAKES);
    put("encrypted");
    assertThat(engine.describe(ORDERS).options().keyId()).isEqualTo("alias/aws/kinesis");
    engine.stopEncryption(ORDERS, "KMS", "alias/aws/kinesis");
    put("still");
    clock.advance(TAKES);
    put("after");

    String iterator = engine.shardIterator(ORDERS, FIRST, new StartFrom.TrimHorizon());
    assertThat(engine.read(CALLER, iterator, 10).records())
        .extracting(record -> record.isEncrypted())
        .containsExactly(false, false, true, true, false);
    assertThat(engine.read(CALLER, iterator, 10).records())
        .extracting(record -> record.sequenceNumber().shardIndex())
        .containsOnly(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "12345678-1234-1234-1234-123456789012",
        "mrk-12345678901234567890123456789012",
        "alias/MyAliasName",
        "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
        "arn:aws:kms:us-east-1:123456789012:alias/MyAliasName"
      })
  void keys_are_named_by_id_by_alias_and_by_arn(String keyId) {
    engine.startEncryption(ORDERS, "KMS", keyId);
    clock.advance(TAKES);

    assertThat(engine.describe(ORDERS).options().keyId()).isEqualTo(keyId);
  }

  @Test
  void what_cannot_be_a_key_and_a_type_that_is_none_are_refused() {
    assertThatThrownBy(() -> engine.startEncryption(ORDERS, "KMS", "my key"))
        .asInstanceOf(type(KinesisError.class))
        .returns("InvalidArgumentException", KinesisError::code);
    assertThatThrownBy(() -> engine.startEncryption(ORDERS, "NONE", "alias/aws/kinesis"))
        .asInstanceOf(type(KinesisError.class))
        .returns("InvalidArgumentException", KinesisError::code);
  }

  @Test
  void encryption_starts_twenty_five_times_a_day_and_not_more() {
    for (int i = 0; i < 25; i++) {
      engine.startEncryption(ORDERS, "KMS", "alias/key" + i);
      clock.advance(TAKES);
    }

    assertThatThrownBy(() -> engine.startEncryption(ORDERS, "KMS", "alias/more"))
        .asInstanceOf(type(KinesisError.class))
        .returns("LimitExceededException", KinesisError::code);
    engine.stopEncryption(ORDERS, "KMS", "alias/key24");
    clock.advance(Duration.ofDays(1));
    engine.startEncryption(ORDERS, "KMS", "alias/more");
  }

  @Test
  void metrics_are_added_and_taken_away_and_the_answer_tells_both_ends() {
    Changed first = engine.enableMetrics(ORDERS, EnumSet.allOf(ShardMetric.class));
    clock.advance(TAKES);
    Changed second = engine.disableMetrics(ORDERS, Set.of(ShardMetric.INCOMING_BYTES));
    clock.advance(TAKES);
    Changed third = engine.disableMetrics(ORDERS, Set.of(ShardMetric.INCOMING_BYTES));

    assertThat(first.before().options().metrics()).isEmpty();
    assertThat(first.after().metrics()).hasSize(7);
    assertThat(second.before().options().metrics()).hasSize(7);
    assertThat(second.after().metrics()).hasSize(6).doesNotContain(ShardMetric.INCOMING_BYTES);
    assertThat(third.after()).isEqualTo(third.before().options());
    assertThat(engine.describe(ORDERS).status()).isEqualTo(StreamStatus.ACTIVE);
  }

  private void put(String text) {
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    engine.put(ORDERS, List.of(PutEntry.of("key", null, data)));
  }

  private List<String> texts() {
    String iterator = engine.shardIterator(ORDERS, FIRST, new StartFrom.TrimHorizon());
    return engine.read(CALLER, iterator, 100).records().stream()
        .map(record -> new String(record.data(), StandardCharsets.UTF_8))
        .toList();
  }
}
