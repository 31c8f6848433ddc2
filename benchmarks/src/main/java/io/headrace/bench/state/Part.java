package io.headrace.bench.state;

/** What {@code bench state} measures. */
enum Part {
  /** Write units of commits. */
  UNITS,
  /** Restart of a shard with much state. */
  RESTART,
  /** Processor time beside state in memory. */
  COST,
  /** From the put of a record to its decision. */
  DECISION
}
