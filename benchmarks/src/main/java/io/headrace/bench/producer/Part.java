package io.headrace.bench.producer;

/** What can be asked for with {@code --only}. */
enum Part {
  THROUGHPUT,
  LATENCY,
  ORDER
}
