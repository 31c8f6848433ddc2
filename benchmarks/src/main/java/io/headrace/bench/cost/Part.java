package io.headrace.bench.cost;

/** What {@code bench cost} measures. */
enum Part {
  /** Write units of a commit. */
  COMMITS,
  /** What the workers of a quiet fleet send, beside the KCL's. */
  FLEET
}
