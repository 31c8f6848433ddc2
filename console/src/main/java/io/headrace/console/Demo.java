package io.headrace.console;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.Health;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.metrics.HeadraceMetrics;
import io.headrace.function.settings.Settings;
import io.headrace.harness.LocalDynamoDb;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.ShutdownSignal;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.local.LocalKinesis;
import io.headrace.samples.Sample;
import io.headrace.samples.SampleResult;
import io.headrace.samples.Samples;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * The main job on embedded servers: a local Kinesis, DynamoDB Local, a producer for each sample and
 * a fleet of workers, all in this process. Lives on the main thread. What it reports comes from the
 * {@link Ledger}, which checks the run record by record.
 */
final class Demo implements AutoCloseable {
  /** How a demo is run. */
  record Options(
      Duration playing,
      int workers,
      boolean killOne,
      Retrieval retrieval,
      Optional<Integer> metricsPort) {}

  /** A sample, who plays it, and how many entries were put when the playing is done. */
  private record Playing(Sample sample, SamplePlayer player, CompletableFuture<Long> done) {}

  private static final String APPLICATION = "demo";
  private static final String TABLE = "headrace";
  private static final Duration LEASE_TIME = Duration.ofSeconds(5);
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration DRAIN_MAX = Duration.ofSeconds(30);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);
  private static final Duration COMMIT_INTERVAL = Duration.ofSeconds(1);
  private static final Duration MARKS = Duration.ofSeconds(3);
  private static final Duration FRAME = Duration.ofSeconds(1);

  private final Options options;
  private final LiveView view;
  private final List<Sample> samples = Samples.all();
  private final Ledger ledger = new Ledger();
  private final Fleet fleet = new Fleet();
  private final ChunkStore chunks = new InMemoryChunkStore();
  private final ThreadedLoop loop = ThreadedLoop.start("headrace-demo", Demo::fault);
  private final LocalKinesis kinesis;
  private final LocalDynamoDb dynamoDb;
  private final AwsServices aws;
  private final StreamConnector connector;
  private final MetricsPage page;
  private final Map<String, HeadraceMetrics> metrics = new HashMap<>();
  private final Map<String, FunctionRuntime.Running> workers =
      Collections.synchronizedMap(new LinkedHashMap<>());
  private final Map<String, StreamSink> sinks = new ConcurrentHashMap<>();
  private final Map<Sample, Long> put = new LinkedHashMap<>();
  private final long startedTicks = loop.ticks();
  private boolean killed;
  private boolean interrupted;

  Demo(Options options, LiveView view) {
    this.options = options;
    this.view = view;
    this.page =
        MetricsPage.open(
            options
                .metricsPort()
                .map(port -> new Settings.Metrics(MetricsPage.LOOPBACK, port, false)));
    page.tells(this::health);
    this.kinesis = LocalKinesis.start();
    this.dynamoDb = LocalDynamoDb.start();
    this.aws =
        AwsServices.at(
            new AwsServices.Endpoints(
                Optional.empty(),
                Optional.of(kinesis.endpoint()),
                Optional.of(dynamoDb.endpoint())));
    this.connector = aws.connector(options.retrieval());
    for (var sample : samples) {
      sample.streams().forEach(stream -> kinesis.createStream(stream.name(), sample.shards()));
      sample
          .spec()
          .throughStream()
          .ifPresent(
              stream -> {
                kinesis.createStream(stream.name(), sample.shards());
                ledger.carries(sample.spec().name(), stream.name());
              });
      sample.spec().broadcasts().forEach(each -> kinesis.createStream(each.source().name(), 1));
    }
  }

  /** Where metrics are, in one line for people; empty where none are wanted. */
  Optional<String> announcement() {
    return page.announcement();
  }

  /** The fleet is as well as its worst worker. Any thread may ask. */
  private Health health() {
    var each = List.copyOf(workers.values()).stream().map(FunctionRuntime.Running::health).toList();
    return new Health(
        each.stream().allMatch(Health::alive),
        !each.isEmpty() && each.stream().allMatch(Health::ready),
        each.stream().flatMap(one -> one.reasons().stream()).distinct().toList());
  }

  /** Plays, drains and stops; then {@link #report} tells how it went. */
  void run(ShutdownSignal signal) throws InterruptedException {
    for (int i = 1; i <= options.workers() && !signal.asked(); i++) {
      var name = "worker-" + i;
      workers.put(name, worker(name));
    }
    awaitWorkers(signal);
    if (!signal.asked()) {
      play(signal);
      drain(signal);
    }
    stopWorkers();
    interrupted = signal.asked();
    view.done();
  }

  DemoReport report() {
    var results = new ArrayList<SampleResult>();
    int shards = 0;
    for (var sample : samples) {
      results.add(sample.result(put.getOrDefault(sample, 0L)));
      shards += kinesisShards(sample);
    }
    return new DemoReport(
        ledger.account(),
        ledger.carried(),
        ledger.missing(),
        elapsed(),
        options.workers(),
        options.retrieval().word(),
        fleet.retrievals(),
        killed,
        interrupted,
        shards,
        ledger.commits(),
        aws.dynamoDbRequests(),
        results);
  }

  private static int kinesisShards(Sample sample) {
    int streams = sample.streams().size() + (isCarried(sample) ? 1 : 0);
    return streams * sample.shards();
  }

  private FunctionRuntime.Running worker(String name) {
    var runtime =
        FunctionRuntime.named(APPLICATION)
            .workerId(name)
            .leaseTime(LEASE_TIME)
            .leasesIn(aws.leases(TABLE))
            .checkpointsIn(aws.checkpoints(TABLE, APPLICATION))
            .stateIn(chunks)
            .connecting(connector)
            .committingEvery(COMMIT_INTERVAL)
            .stoppingWithin(STOP_MAX)
            .observedBy(fleet.of(name))
            .observedBy(ledger);
    samples.forEach(sample -> runtime.run(sample.spec()));
    page.of(name)
        .ifPresent(
            measured -> {
              metrics.put(name, measured);
              runtime.observedBy(measured);
            });
    return runtime.start();
  }

  /** Playing begins once all workers take part, so that its time is not spent on starting. */
  private void awaitWorkers(ShutdownSignal signal) throws InterruptedException {
    var limit = elapsed().plus(START_MAX);
    while (workers.values().stream().anyMatch(worker -> !worker.health().ready())
        && !signal.await(Duration.ofMillis(20))) {
      refuseDead();
      if (elapsed().compareTo(limit) > 0) {
        throw new Complaint(
            "the workers did not start within " + START_MAX.toSeconds() + " s: " + reasons());
      }
    }
  }

  private void refuseDead() {
    if (workers.values().stream().anyMatch(worker -> !worker.health().alive())) {
      throw new Complaint("a worker can't go on: " + reasons());
    }
  }

  private String reasons() {
    return workers.values().stream()
        .flatMap(worker -> worker.health().reasons().stream())
        .distinct()
        .collect(Collectors.joining("; "));
  }

  private void play(ShutdownSignal signal) throws InterruptedException {
    var playing = new ArrayList<Playing>();
    for (var sample : samples) {
      var player = new SamplePlayer(sample, this::sink, ledger, loop, options.playing());
      playing.add(new Playing(sample, player, player.play().toCompletableFuture()));
    }
    var all =
        CompletableFuture.allOf(
            playing.stream().map(Playing::done).toArray(CompletableFuture[]::new));
    var halfTime = elapsed().plus(options.playing().dividedBy(2));
    while (!all.isDone() && !signal.await(FRAME)) {
      refuseDead();
      if (options.killOne() && !killed && elapsed().compareTo(halfTime) >= 0) {
        killOne();
      }
      draw();
    }
    playing.forEach(one -> one.player().stop());
    for (var one : playing) {
      put.put(one.sample(), join(one.done()));
      end(one.sample(), one.player());
    }
  }

  /** The samples' inputs are bounded: each shard is told that nothing more comes. */
  private void end(Sample sample, SamplePlayer player) throws InterruptedException {
    for (var source : sample.streams()) {
      var stream = connector.open(source, loop, Entropy.generator());
      List<Shard> shards = join(stream.shards());
      stream.close();
      join(player.end(source, sample.ending(source, shards)));
    }
  }

  private StreamSink sink(StreamSource stream) {
    return sinks.computeIfAbsent(
        stream.name(), name -> connector.sink(name, loop, Entropy.generator()));
  }

  private void killOne() {
    var first = workers.entrySet().iterator();
    var worker = first.next();
    first.remove();
    worker.getValue().crash();
    fleet.gone(worker.getKey());
    var measured = metrics.remove(worker.getKey());
    if (measured != null) {
      measured.close(); // Nobody would scrape a worker that has crashed.
    }
    killed = true;
  }

  /** Until every record that was put is settled and committed; a bounded time. */
  private void drain(ShutdownSignal signal) throws InterruptedException {
    var limit = elapsed().plus(signal.asked() ? STOP_MAX.dividedBy(2) : DRAIN_MAX);
    while (ledger.isInFlight() && elapsed().compareTo(limit) < 0) {
      refuseDead();
      pause(signal.asked() ? Duration.ofMillis(50) : Duration.ofMillis(200));
      draw();
    }
    if (!signal.asked() && samples.stream().anyMatch(Demo::isCarried)) {
      // How far inputs are is told between stages once a second, and fires what is due by then.
      pause(MARKS);
    }
  }

  private static boolean isCarried(Sample sample) {
    return sample.spec().throughStream().isPresent();
  }

  private void pause(Duration time) throws InterruptedException {
    var passed = new CompletableFuture<Void>();
    loop.schedule(time, () -> passed.complete(null));
    join(passed);
  }

  private void stopWorkers() {
    var stopping =
        workers.values().stream()
            .map(worker -> worker.stop().toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(stopping).join();
    workers.values().forEach(FunctionRuntime.Running::close);
    workers.clear();
  }

  private void draw() {
    var outputs = new LinkedHashMap<String, Long>();
    for (var sample : samples) {
      outputs.put(sample.name(), sample.outputs());
    }
    view.draw(
        new LiveView.Frame(
            elapsed(),
            ledger.put(),
            ledger.settled(),
            fleet.lag(),
            fleet.shardsPerWorker(),
            outputs));
  }

  private Duration elapsed() {
    return Duration.ofNanos(loop.ticks() - startedTicks);
  }

  @Override
  public void close() {
    stopWorkers();
    page.close();
    aws.close();
    kinesis.close();
    dynamoDb.close();
    loop.close();
  }

  private static <T> T join(CompletionStage<T> stage) throws InterruptedException {
    try {
      return stage.toCompletableFuture().get(DRAIN_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      throw new CompletionException(failed.getCause());
    } catch (TimeoutException late) {
      throw new Complaint(
          "the local Kinesis did not answer within " + DRAIN_MAX.toSeconds() + " s", late);
    }
  }

  private static void fault(Throwable fault) {
    throw new IllegalStateException("the demo's loop failed", fault);
  }
}
