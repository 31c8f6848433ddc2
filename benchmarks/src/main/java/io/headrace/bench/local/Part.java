package io.headrace.bench.local;

/** What can be asked for with {@code --only}. */
enum Part {
  START,
  MEMORY,
  PUT,
  GET,
  PUSH,
  LATENCY
}
