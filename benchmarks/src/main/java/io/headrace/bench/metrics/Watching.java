package io.headrace.bench.metrics;

/** How a worker is watched while it is measured. */
enum Watching {
  NOBODY("nobody"),
  METRICS("metrics"),
  METRICS_AND_CALLS("metrics, observed calls");

  private final String label;

  Watching(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }
}
