package io.headrace.acceptance.kcl;

import io.headrace.acceptance.kcl.KclWorker.Reading;
import io.headrace.harness.LocalDynamoDb;
import io.headrace.local.LocalKinesis;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KclFanOutTest {
  @Test
  void the_kcl_is_pushed_through_a_split_and_a_merge() throws Exception {
    try (var kinesis = LocalKinesis.start();
        var dynamoDb = LocalDynamoDb.start()) {
      new KclRun(
              kinesis.endpoint(),
              dynamoDb.endpoint(),
              Reading.FAN_OUT,
              20_000,
              Duration.ofSeconds(60))
          .readsAtTheTip();
    }
  }
}
