package io.headrace.acceptance.fanout;

import java.time.Duration;

/**
 * How long and how hard a course is.
 *
 * @param rounds of the producer, one a second, while the function is slow
 * @param batchTakes what the function takes for a batch, however large
 * @param batchRecords the most in a batch and in work a shard: less than comes meanwhile, so that
 *     the shard is not read for a part of each batch
 * @param forcedEnds how many subscriptions the server ends at least
 * @param renewals how many are renewed in order at least, after the forced ends
 */
record CourseSize(int rounds, Duration batchTakes, int batchRecords, int forcedEnds, int renewals) {
  static final CourseSize A_MINUTE = new CourseSize(50, Duration.ofSeconds(3), 6, 5, 0);
  static final CourseSize TEN_MINUTES = new CourseSize(600, Duration.ofSeconds(30), 64, 20, 1);

  /** When the first shard is split. */
  int splitAfter() {
    return rounds * 10 / 100;
  }

  /** When two are merged. */
  int mergeAfter() {
    return rounds * 20 / 100;
  }

  /** When a worker leaves behind a renewal. */
  int changeAfter() {
    return rounds * 30 / 100;
  }
}
