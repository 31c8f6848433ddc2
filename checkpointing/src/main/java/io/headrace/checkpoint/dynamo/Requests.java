package io.headrace.checkpoint.dynamo;

import java.time.Duration;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;

/** How requests are sent that no shard stands still for; commits have settings of their own. */
final class Requests {
  /** With the SDK's own repetitions, and not for ever. */
  static final AwsRequestOverrideConfiguration LIMITED =
      AwsRequestOverrideConfiguration.builder().apiCallTimeout(Duration.ofSeconds(10)).build();

  private Requests() {}
}
