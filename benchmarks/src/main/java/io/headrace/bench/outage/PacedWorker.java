package io.headrace.bench.outage;

import io.headrace.bench.rig.Arguments;
import io.headrace.function.RetryPolicy;
import io.headrace.kcl.kinesis.Retrieval;
import java.util.concurrent.TimeUnit;

/**
 * A worker whose function takes a known time for each record on a known number of threads: it can't
 * handle more. Polls, so that each page is a request.
 */
final class PacedWorker {
  private static final int THREADS = 4;
  private static final int COST_MICROS = 4_000;

  /** What a worker can't exceed. */
  static final double RECORDS_A_SECOND_MAX = THREADS * 1e6 / COST_MICROS;

  private PacedWorker() {}

  /** Takes {@code counting} (true or false) beside what every {@link JournallingWorker} takes. */
  public static void main(String[] args) {
    JournallingWorker.main(args, PacedWorker::kind);
  }

  private static JournallingWorker.Kind kind(Arguments arguments) {
    return new JournallingWorker.Kind(
        () -> TimeUnit.MICROSECONDS.sleep(COST_MICROS),
        THREADS,
        RetryPolicy.forever(),
        Retrieval.polling(),
        Boolean.parseBoolean(arguments.text("counting")));
  }
}
