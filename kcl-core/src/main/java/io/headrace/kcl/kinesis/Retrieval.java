package io.headrace.kcl.kinesis;

import java.util.Optional;

/** How records are fetched from Kinesis. Immutable. */
public sealed interface Retrieval {
  /** By GetRecords, up to five times a second and shard, which all readers of a shard share. */
  static Retrieval polling() {
    return new Polling();
  }

  /**
   * By SubscribeToShard, which pushes each record as it lands, with 2 MiB a second and shard for
   * this application alone; its consumer is named after the application.
   */
  static FanOut fanOut() {
    return new FanOut(Optional.empty(), false);
  }

  /**
   * What a settings file or a command line says.
   *
   * @throws IllegalArgumentException when it is neither word
   */
  static Retrieval parse(String word) {
    return switch (word) {
      case "polling" -> polling();
      case "fan-out" -> fanOut();
      default ->
          throw new IllegalArgumentException(
              "retrieval \"" + word + "\": must be fan-out or polling");
    };
  }

  /** As {@link #parse} reads it. */
  String word();

  /** What it is and costs on AWS, in a sentence for whoever starts a worker. */
  String announcement();

  /** GetRecords. */
  record Polling() implements Retrieval {
    @Override
    public String word() {
      return "polling";
    }

    @Override
    public String announcement() {
      return "retrieval: polling; on AWS part of the shards' price, a second and more of latency"
          + " under other readers";
    }
  }

  /**
   * SubscribeToShard.
   *
   * @param consumer the name or the ARN of the consumer; empty for the application's name
   * @param deregisters whether {@link KinesisConnector#close} deregisters the consumers that were
   *     registered through it
   */
  record FanOut(Optional<String> consumer, boolean deregisters) implements Retrieval {
    public FanOut {
      consumer.ifPresent(ConsumerName::parse);
    }

    /**
     * With this consumer.
     *
     * @param consumer a name, which is registered where it is not, or the ARN of one that exists,
     *     which is never registered nor deregistered
     * @throws IllegalArgumentException when it is neither
     */
    public FanOut as(String consumer) {
      return new FanOut(Optional.of(consumer), deregisters);
    }

    /**
     * Takes consumers away with the connector that registered them: for an application of one
     * process. In a fleet the others go on with the consumer, so it stays by default, and costs
     * until somebody deregisters it.
     */
    public FanOut deregistering() {
      return new FanOut(consumer, true);
    }

    @Override
    public String word() {
      return "fan-out";
    }

    @Override
    public String announcement() {
      return "retrieval: enhanced fan-out"
          + consumer.map(name -> ", consumer " + name).orElse("")
          + "; on AWS it costs about $0.015 an hour for each shard, also while no worker runs, and"
          + " $0.013 a GB (us-east-1; check the price list); \"retrieval: polling\" costs nothing"
          + " beyond the shards";
    }
  }
}
