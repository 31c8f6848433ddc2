package io.headrace.local.engine;

/** What labels can be attached to. */
public sealed interface Resource {
  /** A stream. */
  record OfStream(StreamKey key) implements Resource {}

  /** A registered consumer. */
  record OfConsumer(ConsumerArn arn) implements Resource {}

  static Resource ofArn(String arn) {
    return arn.contains("/consumer/")
        ? new OfConsumer(ConsumerArn.parse(arn))
        : new OfStream(StreamKey.ofArn(arn));
  }

  /** Its ARN. */
  default String arnText() {
    return this instanceof OfConsumer consumer
        ? consumer.arn().arn()
        : ((OfStream) this).key().arn();
  }

  /** How the service's sentences name it. */
  default String inSentence() {
    if (this instanceof OfConsumer consumer) {
      ConsumerArn arn = consumer.arn();
      return "consumer %s under stream %s under account %s"
          .formatted(arn.name(), arn.stream().name(), arn.stream().account());
    }
    return ((OfStream) this).key().inSentence();
  }
}
