package io.headrace.bench.outage;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.consumer.PreparedKinesis;
import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Memory;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.RequestCount;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.function.Codec;
import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.InvocationThreads;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.RetryPolicy;
import io.headrace.function.Unavailable;
import io.headrace.function.json.Json;
import io.headrace.function.metrics.HeadraceMetrics;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * A worker as a user would write it, which writes down each call of its function that succeeded.
 * Answers {@link #STATUS} with what it has handled and sent, and with what its health and its
 * metrics say, and {@link #CENSUS} with what it has of the machine; ends in order when its input
 * ends.
 */
final class JournallingWorker {
  static final String APPLICATION = "outage";
  static final String TABLE = "headrace";
  static final String STARTED = "started";
  static final String STATUS = "status";
  static final String CENSUS = "census";

  /** Ends its part in the fleet in order, and answers as {@link #STATUS} does, a last time. */
  static final String LEAVE = "leave";

  private static final Path HANDLES = Path.of("/proc/self/fd");

  private final Kind kind;
  private final Journal journal;
  private final RequestCount ofTable = new RequestCount();
  private final RequestCount ofStream = new RequestCount();
  private final LongAdder commits = new LongAdder();
  private final Map<String, Long> sealed = new ConcurrentHashMap<>();
  private final LongAdder handled = new LongAdder();
  private final LongAdder failed = new LongAdder();

  /** What is done with each record, on any thread. */
  @FunctionalInterface
  interface Task {
    /**
     * Does it.
     *
     * @throws Unavailable when what it depends on does not answer
     */
    void run() throws InterruptedException;
  }

  /**
   * What one such worker has that others have not.
   *
   * @param threads on which its function is called
   * @param counting whether it keeps a count for each key
   */
  record Kind(Task task, int threads, RetryPolicy retries, Retrieval retrieval, boolean counting) {}

  private JournallingWorker(Kind kind, Journal journal) {
    this.kind = kind;
    this.journal = journal;
  }

  /** Takes {@code kinesis dynamodb} (URIs), {@code worker}, {@code folder}, and what it likes. */
  static void main(String[] args, Function<Arguments, Kind> kind) {
    try {
      Arguments arguments = Arguments.parse(Arrays.asList(args));
      run(arguments, kind.apply(arguments));
      System.exit(0);
    } catch (Exception e) {
      System.out.println(Dialogue.ERROR + NotMeasured.because(e));
      System.exit(NotMeasured.EXIT_CODE);
    }
  }

  private static void run(Arguments arguments, Kind kind) throws Exception {
    Path folder = Path.of(arguments.text("folder"));
    String name = arguments.text("worker");
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    Path file = folder.resolve(name + Journal.FILE);
    try (Journal journal = new Journal(file)) {
      new JournallingWorker(kind, journal).run(arguments, name, folder, meters);
    }
  }

  private void run(Arguments arguments, String name, Path folder, SimpleMeterRegistry meters)
      throws IOException {
    try (KinesisAsyncClient kinesis = PreparedKinesis.at(arguments.uri("kinesis"), ofStream);
        DynamoDbAsyncClient dynamoDb =
            local(DynamoDbAsyncClient.builder(), arguments.uri("dynamodb"))
                .overrideConfiguration(o -> o.addExecutionInterceptor(ofTable))
                .build()) {
      try (FunctionRuntime.Running running =
          FunctionRuntime.named(APPLICATION)
              .workerId(name)
              .memoryBytes(OutagePlan.MEMORY_BYTES)
              .leasesIn(new DynamoLeaseTable(dynamoDb, TABLE))
              .checkpointsIn(new Seals(new DynamoCheckpointStore(dynamoDb, TABLE, APPLICATION)))
              .stateIn(new DynamoChunkStore(dynamoDb, TABLE, APPLICATION))
              .connecting(new KinesisConnector(kinesis, kind.retrieval()))
              .deadLettersIn(DeadLetters.inFile(folder.resolve("letters")))
              .observedBy(HeadraceMetrics.in(meters))
              .run(spec())
              .start()) {
        System.out.println(STARTED);
        answer(running, meters);
      }
    }
  }

  private FunctionSpec<byte[], byte[]> spec() {
    FunctionSpec.Reading<byte[]> reading =
        FunctionSpec.named(OutagePlan.FUNCTION)
            .reading(Input.of(StreamSource.kinesis(OutagePlan.STREAM), Codec.bytes()))
            .retrying(kind.retries())
            .invokingOn(InvocationThreads.platform(kind.threads()));
    return kind.counting()
        ? reading
            .keyedBy(Keys.partitionKey(), Json.of(Long.class))
            .handledBy(() -> new Counting(), Destination.<byte[]>nowhere())
        : reading.handledBy(() -> (event, out) -> handle(event), Destination.<byte[]>nowhere());
  }

  /** Keeps how many records a key has had. */
  private final class Counting implements KeyedFunction<byte[], Long, byte[]> {
    @Override
    public Long initial(String key) {
      return 0L;
    }

    @Override
    public Next<Long> handle(Long state, Event<byte[]> event, Output<byte[]> out)
        throws InterruptedException {
      JournallingWorker.this.handle(event);
      return Next.state(state + 1);
    }
  }

  private void handle(Event<byte[]> event) throws InterruptedException {
    long begun = System.nanoTime();
    long owner = sealed.getOrDefault(event.id().shard(), 0L);
    try {
      kind.task().run();
    } catch (Unavailable unavailable) {
      failed.increment();
      throw unavailable;
    }
    ByteBuffer data = ByteBuffer.wrap(event.value());
    journal.write(new Journal.Entry(data.getInt(), data.getInt(), owner, begun, System.nanoTime()));
    handled.increment();
  }

  /** Keeps when this worker began with each shard, and counts the commits that stand. */
  private final class Seals extends ForwardingCheckpointStore {
    Seals(CheckpointStore store) {
      super(store);
    }

    @Override
    public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
      return super.seal(key, token, nonce)
          .thenApply(
              item -> {
                sealed.put(key.shard().shard().value(), System.nanoTime());
                return item;
              });
    }

    @Override
    public CompletionStage<WriteAnswer> commit(Commit commit) {
      return super.commit(commit)
          .thenApply(
              answer -> {
                commits.add(answer instanceof WriteAnswer.Applied ? 1 : 0);
                return answer;
              });
    }
  }

  private void answer(FunctionRuntime.Running running, SimpleMeterRegistry meters)
      throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      System.out.println(
          switch (line) {
            case STATUS -> Figures.json(status(running, meters));
            case CENSUS -> census().line();
            case LEAVE -> {
              running.close();
              yield Figures.json(status(running, meters));
            }
            default -> throw new IllegalArgumentException("there is no command \"" + line + "\"");
          });
    }
  }

  /** What it has of the machine once garbage is collected. */
  private static Figures census() throws IOException {
    Figures figures =
        new Figures()
            .put("heapBytes", (double) Memory.heapAfterCollection())
            .put("threads", ManagementFactory.getThreadMXBean().getThreadCount());
    if (Files.isDirectory(HANDLES)) {
      try (Stream<Path> handles = Files.list(HANDLES)) {
        figures.put("handles", (double) handles.count());
      }
    }
    return figures;
  }

  private Map<String, Object> status(FunctionRuntime.Running running, SimpleMeterRegistry meters) {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("handled", handled.sum());
    status.put("failedCalls", failed.sum());
    status.put("commits", commits.sum());
    status.put("requests", ofTable.total() + ofStream.total());
    status.put("ready", running.health().ready());
    status.put("health", running.health().reasons());
    status.put("age", sum(meters, "headrace.iterator.age"));
    status.put("memoryUsed", (long) sum(meters, "headrace.memory.used"));
    status.put("memoryMax", (long) sum(meters, "headrace.memory.max"));
    status.put("letters", (long) sum(meters, "headrace.letters"));
    status.put("unavailable", unavailable(meters));
    status.put("heapUsed", Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
    return status;
  }

  /** Of one function and one stream there is one gauge; of letters one for each code. */
  private static double sum(SimpleMeterRegistry meters, String name) {
    return meters.getMeters().stream()
        .filter(meter -> meter.getId().getName().equals(name))
        .mapToDouble(JournallingWorker::value)
        .filter(Double::isFinite)
        .sum();
  }

  private static double value(Meter meter) {
    return StreamSupport.stream(meter.measure().spliterator(), false)
        .filter(
            measured ->
                measured.getStatistic() == Statistic.VALUE
                    || measured.getStatistic() == Statistic.COUNT)
        .mapToDouble(measured -> measured.getValue())
        .sum();
  }

  /** As the metrics name what is down now. */
  private static List<String> unavailable(SimpleMeterRegistry meters) {
    return meters.find("headrace.dependency.unavailable").gauges().stream()
        .filter(gauge -> gauge.value() > 0)
        .map(gauge -> String.valueOf(gauge.getId().getTag("dependency")))
        .toList();
  }
}
