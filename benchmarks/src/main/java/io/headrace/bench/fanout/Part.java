package io.headrace.bench.fanout;

/** What can be asked for with {@code --only}. */
enum Part {
  BACKLOG,
  LATENCY
}
