package io.headrace.bench.scale;

/** What can be asked for with {@code --only}. */
enum Part {
  /** Coordinators of up to 200 workers with up to 10,000 shards, under virtual time. */
  FLEET,
  /** One worker, few shards and a hundred, with the same backlog. */
  BUSY
}
