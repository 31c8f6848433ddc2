package io.headrace.bench.rig;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What this process takes for a number of records: processor time, user and system, bytes of heap
 * that its threads allocate, and time; where the system tells it, what of it was the compilers'.
 * The first records only warm it up; all is counted from the last of these to the end. Any thread
 * counts; one thread asks.
 */
public final class Span {
  /** Ends the name of the processor time of which the compilers have no part. */
  public static final String WITHOUT_COMPILERS = ".cpu_without_compilers_us";

  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private record Mark(long cpuNanos, long nanos, long allocatedBytes, OptionalLong compilerNanos) {
    static Mark now() {
      long cpu = PROCESS.getProcessCpuTime();
      long nanos = System.nanoTime();
      // Of the threads that live: those of pools do, from the first record to the last.
      long[] each = THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds());
      return new Mark(
          cpu, nanos, Arrays.stream(each).filter(bytes -> bytes > 0).sum(), Compilers.cpuNanos());
    }
  }

  private final long warmRecords;
  private final long allRecords;
  private final boolean endsWithRecords;
  private final AtomicLong counted = new AtomicLong();
  private final CountDownLatch complete = new CountDownLatch(1);
  private volatile Mark warm = Mark.now();
  private volatile Mark end = warm;

  /** Ends with the last record. */
  public Span(long warmRecords, long records) {
    this(warmRecords, records, true);
  }

  private Span(long warmRecords, long records, boolean endsWithRecords) {
    this.warmRecords = warmRecords;
    this.allRecords = warmRecords + records;
    this.endsWithRecords = endsWithRecords;
  }

  /** Ends at {@link #end}: for what is not done with its last record. */
  public static Span untilEnded(long warmRecords, long records) {
    return new Span(warmRecords, records, false);
  }

  /** Counts records that are done with. */
  public void add(int records) {
    long after = counted.addAndGet(records);
    long before = after - records;
    if (before < warmRecords && after >= warmRecords) {
      warm = Mark.now();
    }
    if (endsWithRecords && before < allRecords && after >= allRecords) {
      end();
    }
  }

  /** Everything is done; the first time counts. */
  public synchronized void end() {
    if (complete.getCount() > 0) {
      end = Mark.now();
      complete.countDown();
    }
  }

  /** How many were counted so far. */
  public long counted() {
    return counted.get();
  }

  /** Waits for the last record and answers what the measured ones took. */
  public Figures await(Duration timeMax, String prefix) throws InterruptedException {
    if (!complete.await(timeMax.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new NotMeasured(
          "%,d of %,d records were done after %d s"
              .formatted(counted.get(), allRecords, timeMax.toSeconds()));
    }
    double records = (double) allRecords - warmRecords;
    Figures figures =
        new Figures()
            .put(prefix + ".cpu_us", (end.cpuNanos - warm.cpuNanos) / 1e3 / records)
            .put(prefix + ".allocated_bytes", (end.allocatedBytes - warm.allocatedBytes) / records)
            .put(prefix + ".records_s", records / ((end.nanos - warm.nanos) / 1e9))
            .put(prefix + ".whole_cpu_us", end.cpuNanos / 1e3 / allRecords);
    if (warm.compilerNanos.isPresent() && end.compilerNanos.isPresent()) {
      long all = end.cpuNanos - warm.cpuNanos;
      // The process's account goes by hundredths of a second, a thread's by nanoseconds.
      long compilers =
          Math.min(all, end.compilerNanos.getAsLong() - warm.compilerNanos.getAsLong());
      figures
          .put(prefix + ".compilers_us", compilers / 1e3 / records)
          .put(prefix + WITHOUT_COMPILERS, (all - compilers) / 1e3 / records);
    }
    return figures;
  }
}
