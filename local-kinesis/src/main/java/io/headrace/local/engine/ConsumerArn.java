package io.headrace.local.engine;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What tells one registered consumer from all others, also from one that had its name before: its
 * stream, its name and the second in which it was made. Immutable.
 */
public record ConsumerArn(StreamKey stream, String name, long createdSeconds) {
  private static final Pattern ARN =
      Pattern.compile(
          "arn:aws[^:]*:kinesis:([^:]*):(\\d{12}):stream/([a-zA-Z0-9_.-]+)"
              + "/consumer/([a-zA-Z0-9_.-]+):(\\d{1,18})");

  public static ConsumerArn parse(String arn) {
    Matcher matcher = ARN.matcher(arn);
    if (!matcher.matches()) {
      throw KinesisError.invalidArgument("ConsumerARN " + arn + " is not the ARN of a consumer.");
    }
    StreamKey stream = new StreamKey(matcher.group(2), matcher.group(1), matcher.group(3));
    return new ConsumerArn(stream, matcher.group(4), Long.parseLong(matcher.group(5)));
  }

  public String arn() {
    return stream.arn() + "/consumer/" + name + ":" + createdSeconds;
  }

  KinesisError notFound() {
    return KinesisError.notFound(
        "Consumer %s with creation timestamp %d under stream: %s , account %s not found."
            .formatted(name, createdSeconds, stream.name(), stream.account()));
  }

  KinesisError alreadySubscribed(String shardId) {
    return KinesisError.inUse(
        "Another active subscription exists for this consumer: %s:%s:%s:%s"
            .formatted(stream.account(), stream.name(), shardId, name));
  }

  KinesisError callsTooFast(String shardId) {
    return KinesisError.of(
        "LimitExceededException",
        "Rate exceeded for consumer %s and shard %s in stream %s under account %s."
            .formatted(name, shardId, stream.name(), stream.account()));
  }

  KinesisError notActive() {
    return KinesisError.inUse(
        "Consumer %s with creation timestamp %d under stream: %s , account %s is not in ACTIVE status."
            .formatted(name, createdSeconds, stream.name(), stream.account()));
  }
}
