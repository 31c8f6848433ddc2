package io.headrace.bench.async;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Latencies;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.InvocationThreads;
import io.headrace.kcl.StreamSource;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A function that waits for a service with each record, and what is measured of it. The service is
 * a timer of one thread: what is measured is what waiting costs. Any thread calls.
 */
final class ServiceCall implements AutoCloseable {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final String FUNCTION_THREADS = "headrace-functions-";

  /** How long records may take to be handled when no more are put. */
  private static final Duration HANDLED_MAX = Duration.ofSeconds(60);

  /** So long nothing may come twice behind the last. */
  private static final int AFTER_MILLIS = 500;

  private final Latencies latencies = new Latencies();
  private final AtomicLong ageMaxMillis = new AtomicLong();
  private final ScheduledExecutorService service =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "service");
            thread.setDaemon(true);
            return thread;
          });

  FunctionSpec<byte[], byte[]> spec(Way way) {
    var reading =
        FunctionSpec.named("enrich")
            .reading(Input.of(StreamSource.kinesis(AsyncRun.STREAM), Codec.bytes()));
    return switch (way) {
      case ASYNC ->
          reading.handledAsyncBy(
              () -> (event, out) -> called(event), Destination.<byte[]>nowhere());
      case THREADS -> blocking(reading.invokingOn(InvocationThreads.platform(AsyncPlan.THREADS)));
      case VIRTUAL -> blocking(reading.invokingOn(InvocationThreads.virtual(AsyncPlan.THREADS)));
    };
  }

  private FunctionSpec<byte[], byte[]> blocking(FunctionSpec.Reading<byte[]> reading) {
    return reading.handledBy(
        () ->
            (event, out) -> {
              begun(event);
              Thread.sleep(AsyncPlan.CALL.toMillis());
              done(event);
            },
        Destination.<byte[]>nowhere());
  }

  private CompletionStage<?> called(Event<byte[]> event) {
    begun(event);
    var answer = new CompletableFuture<Void>();
    var unused =
        service.schedule(
            () -> {
              done(event);
              answer.complete(null);
            },
            AsyncPlan.CALL.toMillis(),
            TimeUnit.MILLISECONDS);
    return answer;
  }

  /** As Lambda has it: the age of a record when its function is called. */
  private void begun(Event<byte[]> event) {
    long age = System.currentTimeMillis() - event.arrivedAt().toEpochMilli();
    ageMaxMillis.accumulateAndGet(age, Math::max);
  }

  private void done(Event<byte[]> event) {
    latencies.accept(ByteBuffer.wrap(event.value()));
  }

  /** Waits for all records of a window, and tells what was since it was asked last. */
  Figures await(int window, int count) {
    long end = System.nanoTime() + HANDLED_MAX.toNanos();
    while (latencies.count(window) < count && System.nanoTime() < end) {
      Pause.millis(5);
    }
    int functionThreads = functionThreads();
    int threads = THREADS.getPeakThreadCount();
    THREADS.resetPeakThreadCount();
    Pause.millis(AFTER_MILLIS);
    int handled = latencies.count(window);
    if (handled > count) {
      throw new NotMeasured(handled - count + " records were handled twice");
    }
    if (handled == 0) {
      throw new NotMeasured(
          "none of " + count + " records was handled in " + HANDLED_MAX.toSeconds() + " s");
    }
    Figures figures = latencies.figures(window, AsyncTargets.LAG);
    return figures
        .put("handled", handled)
        .put(AsyncTargets.HANDLED, (double) handled / count)
        .put(AsyncTargets.THREADS, threads)
        .put(AsyncTargets.FUNCTION_THREADS, functionThreads)
        .put(AsyncTargets.AGE, (double) ageMaxMillis.getAndSet(0));
  }

  /** Of the system; virtual ones are none. They end after a minute without work. */
  private static int functionThreads() {
    int count = 0;
    for (var thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
      if (thread != null && thread.getThreadName().startsWith(FUNCTION_THREADS)) {
        count++;
      }
    }
    return count;
  }

  @Override
  public void close() {
    service.shutdownNow();
  }
}
