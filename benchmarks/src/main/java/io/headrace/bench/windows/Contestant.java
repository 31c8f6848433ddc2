package io.headrace.bench.windows;

/** A program that runs the windowed job: always a process of its own. */
enum Contestant {
  PLAIN("plain loop and maps"),
  HEADRACE("headrace"),
  FLINK("flink"),
  KAFKA_STREAMS("kafka streams");

  private final String label;

  Contestant(String label) {
    this.label = label;
  }

  /** What it is called in reports. */
  String label() {
    return label;
  }

  /** Whether it reads the broker's topic, and not the stream. */
  boolean readsKafka() {
    return this == FLINK || this == KAFKA_STREAMS;
  }
}
