package io.headrace.bench.producer;

/** A way to put records that is measured: always in a process of its own. */
enum Contestant {
  SDK("sdk loop"),
  PLAIN("headrace"),
  ORDERED("headrace, ordered"),
  AGGREGATED("headrace, aggregated");

  private final String label;

  Contestant(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }
}
