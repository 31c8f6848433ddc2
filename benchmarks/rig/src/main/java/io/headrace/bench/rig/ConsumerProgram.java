package io.headrace.bench.rig;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A measured consumer as a process: reads its settings from the command line, prints {@code ready}
 * when it reads the stream, and then answers commands with figures, a line each. It ends with its
 * input, so that it never outlives the benchmark. All consumers share this, so that all are
 * measured alike.
 *
 * <pre>
 *   backlog MILLIS_MAX             waits for the last record of the backlog
 *   latency WINDOW COUNT PREFIX    waits for so many records of a window
 *   order COUNT                    waits for so many records, in the order of their keys
 *   rest MILLIS                    while nothing comes: processor time, requests; threads, memory
 * </pre>
 */
public final class ConsumerProgram {
  /** What it prints when it reads the stream. */
  public static final String READY = "ready";

  /** How long records may take to arrive when nothing more is put. */
  private static final Duration ARRIVAL_MAX = Duration.ofSeconds(15);

  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final double MEBIBYTE = 1 << 20;

  /** What is measured. */
  public interface Start {
    /**
     * Starts to read the whole stream, and returns when it does.
     *
     * @param arrived is handed each record, by any thread
     */
    AutoCloseable start(ConsumerSettings settings, Consumer<ByteBuffer> arrived) throws Exception;
  }

  /** What is measured, where it decodes what it reads. */
  public interface StartDecoding {
    /**
     * Starts to read the whole stream, and returns when it does.
     *
     * @param arrived is handed the number of each record, by any thread
     */
    AutoCloseable start(ConsumerSettings settings, LongConsumer arrived) throws Exception;
  }

  /** What is measured, where it knows which requests it sends. */
  public interface Counted extends AutoCloseable {
    RequestCount ofStream();

    RequestCount ofTable();
  }

  private interface Starting {
    AutoCloseable start(ConsumerSettings settings, ConsumerProgram program) throws Exception;
  }

  private final Backlog backlog;
  private final Latencies latencies = new Latencies();
  private final KeyOrder order = new KeyOrder();

  private ConsumerProgram(Backlog backlog) {
    this.backlog = backlog;
  }

  /** Runs until the input ends, and ends the process. */
  public static void run(String[] args, Start start) {
    runAny(
        args,
        (settings, program) ->
            start.start(
                settings,
                switch (settings.measuring()) {
                  case BACKLOG -> program.backlog;
                  case LATENCY -> program.latencies;
                  case ORDER -> program.order;
                }));
  }

  /** The same for a consumer that decodes; it can only be asked for a backlog. */
  public static void runDecoding(String[] args, StartDecoding start) {
    runAny(args, (settings, program) -> start.start(settings, program.backlog));
  }

  private static void runAny(String[] args, Starting start) {
    int exitCode = 0;
    try {
      ConsumerSettings settings = ConsumerSettings.parse(Arrays.asList(args));
      ConsumerProgram program =
          new ConsumerProgram(
              new Backlog(settings.warmRecords(), settings.records(), settings.check()));
      try (AutoCloseable consumer = start.start(settings, program)) {
        System.out.println(READY);
        program.answer(consumer);
      }
    } catch (Exception e) {
      System.out.println(Dialogue.ERROR + NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    System.exit(exitCode);
  }

  private void answer(AutoCloseable consumer) throws IOException, InterruptedException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      try {
        System.out.println(figures(consumer, line.split(" ")).line());
      } catch (NotMeasured e) {
        System.out.println(Dialogue.ERROR + e.getMessage());
      }
    }
  }

  private Figures figures(AutoCloseable consumer, String... command) throws InterruptedException {
    return switch (command[0]) {
      case "backlog" -> backlog.await(Duration.ofMillis(Long.parseLong(command[1])));
      case "latency" ->
          latency(Integer.parseInt(command[1]), Integer.parseInt(command[2]), command[3]);
      case "order" -> order.await(Long.parseLong(command[1]));
      case "rest" -> rest(consumer, Long.parseLong(command[1]));
      default -> throw new IllegalArgumentException("there is no command \"" + command[0] + "\"");
    };
  }

  private Figures latency(int window, int count, String prefix) {
    long end = System.nanoTime() + ARRIVAL_MAX.toNanos();
    while (latencies.count(window) < count) {
      if (System.nanoTime() > end) {
        throw new NotMeasured(
            "%s: %d of %d records had not come %d s after the last was put"
                .formatted(
                    prefix, count - latencies.count(window), count, ARRIVAL_MAX.toSeconds()));
      }
      Pause.millis(5);
    }
    if (latencies.count(window) > count) {
      throw new NotMeasured(prefix + ": records came twice");
    }
    return latencies.figures(window, prefix);
  }

  private static Figures rest(AutoCloseable consumer, long millis) {
    long cpu = PROCESS.getProcessCpuTime();
    long start = System.nanoTime();
    Figures figures = new Figures();
    double seconds;
    if (consumer instanceof Counted counted) {
      long ofStream = counted.ofStream().total();
      long ofTable = counted.ofTable().total();
      Pause.millis(millis);
      seconds = (System.nanoTime() - start) / 1e9;
      figures
          .put("rest.stream_requests_s", (counted.ofStream().total() - ofStream) / seconds)
          .put("rest.table_requests_s", (counted.ofTable().total() - ofTable) / seconds);
    } else {
      Pause.millis(millis);
      seconds = (System.nanoTime() - start) / 1e9;
    }
    figures
        .put("rest.cpu_ms_s", (PROCESS.getProcessCpuTime() - cpu) / 1e6 / seconds)
        .put("rest.threads", ManagementFactory.getThreadMXBean().getThreadCount())
        .put("rest.heap_mib", Memory.heapAfterCollection() / MEBIBYTE);
    Memory.residentBytes(ProcessHandle.current().pid())
        .ifPresent(bytes -> figures.put("rest.resident_mib", bytes / MEBIBYTE));
    return figures;
  }
}
