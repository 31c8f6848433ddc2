package io.headrace.bench.outage;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
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
import io.headrace.function.RetryPolicy;
import io.headrace.function.Unavailable;
import io.headrace.function.metrics.HeadraceMetrics;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.KinesisHttp;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.StreamSupport;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * A worker as a user would write it, whose function asks a service with each record. Answers {@code
 * status} with what it has handled, and with what its health and its metrics say; ends in order
 * when its input ends.
 */
final class OutageWorker {
  static final String APPLICATION = "outage";
  static final String TABLE = "headrace";
  static final String STARTED = "started";
  static final String STATUS = "status";

  private static final int THREADS = 16;
  private static final Duration CALL_MAX = Duration.ofSeconds(2);

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(CALL_MAX).build();
  private final HttpRequest request;
  private final Journal journal;
  private final Map<String, Long> sealed = new ConcurrentHashMap<>();
  private final LongAdder handled = new LongAdder();
  private final LongAdder failed = new LongAdder();

  private OutageWorker(URI service, Journal journal) {
    this.request = HttpRequest.newBuilder(service).timeout(CALL_MAX).build();
    this.journal = journal;
  }

  /** Takes {@code kinesis dynamodb service} (URIs), {@code worker}, {@code folder}. */
  public static void main(String[] args) {
    try {
      run(Arguments.parse(Arrays.asList(args)));
      System.exit(0);
    } catch (Exception e) {
      System.out.println(Dialogue.ERROR + NotMeasured.because(e));
      System.exit(NotMeasured.EXIT_CODE);
    }
  }

  private static void run(Arguments arguments) throws Exception {
    Path folder = Path.of(arguments.text("folder"));
    String name = arguments.text("worker");
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (Journal journal = new Journal(folder.resolve(name + ".journal"));
        KinesisAsyncClient kinesis =
            local(KinesisAsyncClient.builder(), arguments.uri("kinesis"))
                .httpClientBuilder(KinesisHttp.builder())
                .overrideConfiguration(KinesisHttp::prepare)
                .build();
        DynamoDbAsyncClient dynamoDb =
            local(DynamoDbAsyncClient.builder(), arguments.uri("dynamodb")).build()) {
      OutageWorker worker = new OutageWorker(arguments.uri("service"), journal);
      try (FunctionRuntime.Running running =
          FunctionRuntime.named(APPLICATION)
              .workerId(name)
              .memoryBytes(OutagePlan.MEMORY_BYTES)
              .leasesIn(new DynamoLeaseTable(dynamoDb, TABLE))
              .checkpointsIn(
                  worker.new Seals(new DynamoCheckpointStore(dynamoDb, TABLE, APPLICATION)))
              .stateIn(new DynamoChunkStore(dynamoDb, TABLE, APPLICATION))
              .connecting(new KinesisConnector(kinesis))
              .deadLettersIn(DeadLetters.inFile(folder.resolve("letters")))
              .observedBy(HeadraceMetrics.in(meters))
              .run(worker.spec())
              .start()) {
        System.out.println(STARTED);
        worker.answer(running, meters);
      }
    }
  }

  private FunctionSpec<byte[], byte[]> spec() {
    return FunctionSpec.named(OutagePlan.FUNCTION)
        .reading(Input.of(StreamSource.kinesis(OutagePlan.STREAM), Codec.bytes()))
        .retrying(RetryPolicy.forever().backingOff(Duration.ofMillis(100), OutagePlan.PROBE_MAX))
        .invokingOn(InvocationThreads.platform(THREADS))
        .handledBy(() -> (event, out) -> handle(event), Destination.<byte[]>nowhere());
  }

  private void handle(Event<byte[]> event) throws InterruptedException {
    long begun = System.nanoTime();
    long owner = sealed.getOrDefault(event.id().shard(), 0L);
    ask();
    ByteBuffer data = ByteBuffer.wrap(event.value());
    journal.write(new Journal.Entry(data.getInt(), data.getInt(), owner, begun, System.nanoTime()));
    handled.increment();
  }

  private void ask() throws InterruptedException {
    try {
      int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status != 200) {
        throw new IOException("the service answered " + status);
      }
    } catch (IOException e) {
      failed.increment();
      throw new Unavailable(OutagePlan.DEPENDENCY, Duration.ZERO, e);
    }
  }

  /** Keeps when this worker began with each shard. */
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
  }

  private void answer(FunctionRuntime.Running running, SimpleMeterRegistry meters)
      throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (!line.equals(STATUS)) {
        throw new IllegalArgumentException("there is no command \"" + line + "\"");
      }
      System.out.println(Figures.json(status(running, meters)));
    }
  }

  private Map<String, Object> status(FunctionRuntime.Running running, SimpleMeterRegistry meters) {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("handled", handled.sum());
    status.put("failedCalls", failed.sum());
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
        .mapToDouble(OutageWorker::value)
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
