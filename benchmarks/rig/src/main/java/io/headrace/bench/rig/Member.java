package io.headrace.bench.rig;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;

/**
 * A worker of a measured fleet as a process: prints a line of JSON for each record that its
 * function has handled, and for what happens to itself. All workers share this, so that all are
 * measured alike. {@code tick} is {@link System#nanoTime}, which on Linux is one clock for all
 * processes.
 *
 * <pre>
 *   {"tick":1,"event":"ready","cpuMillis":2100}      it takes part in its fleet
 *   {"tick":2,"event":"record","shard":"shardId-000000000000","sequence":"49...","number":7}
 *   {"tick":3,"event":"threw","shard":...}           its function is about to throw
 *   {"tick":4,"event":"status","threads":31,"requests":{"UpdateItem":12},
 *       "units":{"write":12.0,"read":3.0},"streamRequests":{"GetRecords":400}}
 *   {"tick":5,"event":"stopped"}                     it has left in order
 *   {"tick":6,"event":"dead"}                        its library says that it can't go on
 * </pre>
 *
 * It takes the commands {@code status} and {@code stop} from its input, and ends at once with it,
 * so that it never outlives the benchmark.
 */
public final class Member {
  /** With this it ends when its library says that it can't go on. */
  public static final int DEAD = 70;

  private static final int EXCEPTIONS = 3;
  private static final int WATCH_MILLIS = 10;
  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** The function of a worker; called by any of its threads. */
  public interface Handling {
    void handle(String shard, String sequence, ByteBuffer data);
  }

  /** A worker; closing it leaves the fleet in order. */
  public interface Worker extends AutoCloseable {
    /** Whether it takes part in its fleet, as far as its library can tell. */
    boolean ready();

    /** Whether it can go on, as far as its library can tell. */
    boolean alive();

    @Override
    void close() throws Exception;
  }

  /** What is measured. */
  public interface Start {
    /** Starts a worker and returns at once; its clients are to count what they send. */
    Worker start(MemberSettings settings, Handling function, Traffic traffic) throws Exception;
  }

  /**
   * What a worker sends. Each is to be an interceptor.
   *
   * @param ofTable of its client of DynamoDB
   * @param units of the same
   * @param ofStream of its client of Kinesis
   */
  public record Traffic(RequestCount ofTable, ConsumedUnits units, RequestCount ofStream) {
    /** Of which nothing is counted yet. */
    public static Traffic none() {
      return new Traffic(new RequestCount(), new ConsumedUnits(), new RequestCount());
    }

    /** A client of DynamoDB counts from now on. */
    public void count(ClientOverrideConfiguration.Builder table) {
      table.addExecutionInterceptor(ofTable).addExecutionInterceptor(units);
    }
  }

  private final PrintStream out =
      new PrintStream(
          new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)),
          false,
          StandardCharsets.UTF_8);
  private final Traffic traffic = Traffic.none();
  private final Map<Long, Integer> exceptions = new ConcurrentHashMap<>();
  private final MemberSettings settings;

  private Member(MemberSettings settings) {
    this.settings = settings;
  }

  /** Runs until it is told to stop, and ends the process. */
  public static void run(String[] args, Start start) {
    try {
      Member member = new Member(MemberSettings.parse(Arrays.asList(args)));
      Worker worker = start.start(member.settings, member::handle, member.traffic);
      Thread watch = new Thread(() -> member.watch(worker), "watch");
      watch.setDaemon(true);
      watch.start();
      member.obey(worker);
    } catch (Exception e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(NotMeasured.EXIT_CODE);
    }
  }

  private void obey(Worker worker) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = command(in); line != null; line = command(in)) {
      switch (line) {
        case "status" -> tell("status", status());
        case "stop" -> {
          worker.close();
          tell("stopped", Map.of());
          System.exit(0);
        }
        default -> throw new IllegalArgumentException("there is no command \"" + line + "\"");
      }
    }
    Runtime.getRuntime().halt(0);
  }

  /** The benchmark may die in the midst of a line: whatever comes then is the end. */
  private static @Nullable String command(BufferedReader in) {
    try {
      return in.readLine();
    } catch (IOException gone) {
      return null;
    }
  }

  private void watch(Worker worker) {
    while (!worker.ready() && worker.alive()) {
      Pause.millis(WATCH_MILLIS);
    }
    if (worker.alive()) {
      tell("ready", Map.of("cpuMillis", PROCESS.getProcessCpuTime() / 1_000_000));
    }
    while (worker.alive()) {
      Pause.millis(WATCH_MILLIS);
    }
    tell("dead", Map.of());
    try {
      worker.close();
    } catch (Exception e) {
      System.err.println("it did not leave in order: " + NotMeasured.because(e));
    }
    Runtime.getRuntime().halt(DEAD);
  }

  private void handle(String shard, String sequence, ByteBuffer data) {
    Parcel parcel = Parcel.of(data);
    Map<String, Object> place = new LinkedHashMap<>();
    place.put("shard", shard);
    place.put("sequence", sequence);
    place.put("number", parcel.number());
    switch (parcel.fate()) {
      case PLAIN -> {}
      case EXCEPTION -> {
        if (exceptions.merge(parcel.number(), 1, Integer::sum) <= EXCEPTIONS) {
          tell("threw", place);
          throw new IllegalStateException("thrown for the benchmark");
        }
      }
      case ERROR -> {
        if (parcel.worker().equals(settings.worker())) {
          tell("threw", place);
          throw new OutOfMemoryError("thrown for the benchmark");
        }
      }
    }
    tell("record", place);
  }

  private Map<String, Object> status() {
    return Map.of(
        "threads", ManagementFactory.getThreadMXBean().getThreadCount(),
        "requests", traffic.ofTable().byOperation(),
        "units", Map.of("write", traffic.units().writes(), "read", traffic.units().reads()),
        "streamRequests", traffic.ofStream().byOperation());
  }

  private void tell(String event, Map<String, ?> more) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("tick", System.nanoTime());
    line.put("event", event);
    line.putAll(more);
    String text = Figures.json(line);
    synchronized (out) {
      out.println(text);
      out.flush();
    }
  }
}
