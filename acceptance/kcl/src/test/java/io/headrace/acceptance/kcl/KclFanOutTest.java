package io.headrace.acceptance.kcl;

import io.headrace.bench.rig.ConsumerSettings.Reading;
import io.headrace.harness.LocalDynamoDb;
import io.headrace.local.LocalKinesis;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KclFanOutTest {
  /** Subscriptions last five minutes. */
  private static final Duration MORE_THAN_FIVE_MINUTES = Duration.ofSeconds(310);

  @Test
  void the_kcl_is_pushed_through_a_split_and_a_merge_and_more_than_five_minutes() throws Exception {
    var clock = new SkippingClock();
    try (var kinesis = LocalKinesis.builder().clock(clock).start();
        var dynamoDb = LocalDynamoDb.start()) {
      new KclRun(
              kinesis.endpoint(),
              dynamoDb.endpoint(),
              Reading.FAN_OUT,
              20_000,
              Duration.ofSeconds(60))
          .readsAtTheTip(() -> clock.skip(MORE_THAN_FIVE_MINUTES));
    }
  }
}
