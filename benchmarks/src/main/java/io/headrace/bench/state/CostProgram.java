package io.headrace.bench.state;

import com.sun.management.OperatingSystemMXBean;
import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.Zipf;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.FileChunkStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.json.Json;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One function, whose state is durable or in memory only, in a process of its own: what it takes of
 * the processor for a record while a tenth of the keys change between commits. Records come from
 * memory, a block a second; what putting them takes is taken off.
 */
final class CostProgram {
  static final String CPU = "processor_us_a_record";

  /** What part of the keys a block changes. */
  static final String CHANGED = "keys_changed_a_block";

  static final String COMMITS = "commits_a_block_and_shard";

  /** Where state is. */
  enum Where {
    DURABLE,
    MEMORY
  }

  private static final int SHARDS = 4;
  private static final int KEYS = 100_000;

  /** By Zipf's law these reach a tenth of the keys. */
  private static final int RECORDS_A_BLOCK = 27_000;

  private static final Duration COMMIT_EVERY = Duration.ofSeconds(1);
  private static final long BLOCK_NANOS = COMMIT_EVERY.toNanos();
  private static final Duration BLOCK_MAX = Duration.ofSeconds(60);
  private static final String FUNCTION = "cards";
  private static final String[] PLACES = {"Oslo", "Porto", "Quito", "Riga", "Sofia", "Turin"};

  private final AtomicLong handled = new AtomicLong();
  private final AtomicLong commits = new AtomicLong();
  private final SplittableRandom random = new SplittableRandom(1);
  private final Zipf zipf = new Zipf(KEYS);
  private final Json<CardTotals.Payment> payments = Json.of(CardTotals.Payment.class);

  private CostProgram() {}

  /**
   * Takes {@code state=DURABLE|MEMORY}, {@code folder}, in which it keeps what is durable, and how
   * many blocks warm it and are counted: {@code warm} and {@code counted}.
   */
  public static void main(String[] args) {
    int exitCode = 0;
    Figures figures = new Figures();
    try {
      Arguments given = Arguments.parse(Arrays.asList(args));
      figures =
          new CostProgram()
              .measure(
                  Where.valueOf(given.text("state")),
                  Path.of(given.text("folder")),
                  given.number("warm"),
                  given.number("counted"));
    } catch (RuntimeException e) {
      System.err.println(NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    System.out.println(figures.line());
    System.exit(exitCode);
  }

  private Figures measure(Where where, Path folder, long warm, long counted) {
    InMemoryStreams streams = new InMemoryStreams("kinesis");
    try (ThreadedLoop loop = ThreadedLoop.start("bench-streams", CostProgram::fault);
        BoundedPool files = new BoundedPool("bench-files", 2, 10_000)) {
      InMemoryStream stream = streams.create("in", SHARDS, loop);
      FunctionRuntime runtime =
          FunctionRuntime.named("bench")
              .leasesIn(new InMemoryLeaseTable())
              .checkpointsIn(new CountedCommits(new InMemoryCheckpointStore()))
              .connecting(streams)
              .committingEvery(COMMIT_EVERY)
              .stoppingWithin(Duration.ofSeconds(10))
              .run(where == Where.DURABLE ? durable() : inMemory());
      if (where == Where.DURABLE) {
        runtime.stateIn(new FileChunkStore(folder, files));
      }
      try (FunctionRuntime.Running running = runtime.start()) {
        Figures figures = measure(stream, warm, counted);
        if (!running.health().alive()) {
          throw new NotMeasured("the worker died: " + running.health().reasons());
        }
        return figures;
      }
    }
  }

  private Figures measure(InMemoryStream stream, long warm, long counted) {
    // Each key once, so that all have a state.
    for (int key = 0; key < KEYS; key++) {
      put(stream, key);
    }
    await(KEYS);
    long put = KEYS;
    long cpu = 0;
    long feeding = 0;
    long changed = 0;
    long commitsBefore = 0;
    for (long block = 0; block < warm + counted; block++) {
      if (block == warm) {
        cpu = processNanos();
        feeding = threadNanos();
        commitsBefore = commits.get();
        changed = 0;
      }
      long begun = System.nanoTime();
      changed += putBlock(stream);
      put += RECORDS_A_BLOCK;
      await(put);
      forget(stream);
      Pause.until(begun + BLOCK_NANOS);
    }
    double own = processNanos() - cpu - (double) (threadNanos() - feeding);
    return new Figures()
        .put(CPU, own / 1e3 / ((double) counted * RECORDS_A_BLOCK))
        .put(CHANGED, (double) changed / counted / KEYS)
        .put(COMMITS, (double) (commits.get() - commitsBefore) / counted / SHARDS);
  }

  /** Answers how many keys it changes. */
  private long putBlock(InMemoryStream stream) {
    BitSet keys = new BitSet(KEYS);
    for (int i = 0; i < RECORDS_A_BLOCK; i++) {
      int key = zipf.draw(random);
      keys.set(key);
      put(stream, key);
    }
    return keys.cardinality();
  }

  /**
   * What is handled is taken out of the stream, all of which lies in this heap: else most of what
   * the collector does were for its sake.
   */
  private static void forget(InMemoryStream stream) {
    for (Shard shard : stream.openShards()) {
      List<StreamRecord> records = stream.recordsOf(shard.id());
      if (!records.isEmpty()) {
        stream.trim(shard.id(), records.get(records.size() - 1).position());
      }
    }
  }

  private void put(InMemoryStream stream, int key) {
    var payment =
        new CardTotals.Payment(
            100 + random.nextInt(100_000),
            System.currentTimeMillis(),
            PLACES[random.nextInt(PLACES.length)]);
    var unused = stream.put("card-" + key, payments.encode(payment));
  }

  private void await(long count) {
    long end = System.nanoTime() + BLOCK_MAX.toNanos();
    while (handled.get() < count) {
      if (System.nanoTime() > end) {
        throw new NotMeasured(count - handled.get() + " records were left after a minute");
      }
      Pause.millis(1);
    }
  }

  private FunctionSpec.Reading<CardTotals.Payment> reading() {
    return FunctionSpec.named(FUNCTION)
        .<CardTotals.Payment>reading(Input.of(StreamSource.kinesis("in"), payments))
        .inFlight(4_096);
  }

  private FunctionSpec<?, ?> durable() {
    return reading()
        .keyedBy(Keys.partitionKey(), Json.of(CardTotals.class))
        .handledBy(Keyed::new, Destination.nowhere());
  }

  private final class Keyed implements KeyedFunction<CardTotals.Payment, CardTotals, String> {
    @Override
    public CardTotals initial(String key) {
      return CardTotals.NONE;
    }

    @Override
    public Next<CardTotals> handle(
        CardTotals state, Event<CardTotals.Payment> event, Output<String> out) {
      handled.incrementAndGet();
      return Next.state(state.plus(event.value()));
    }
  }

  /** The same, as one would write it whose state may be lost. */
  private FunctionSpec<?, ?> inMemory() {
    Map<String, CardTotals> states = new ConcurrentHashMap<>();
    return reading()
        .handledBy(
            () ->
                (event, out) -> {
                  states.merge(
                      event.partitionKey(),
                      CardTotals.NONE.plus(event.value()),
                      (state, first) -> state.plus(event.value()));
                  handled.incrementAndGet();
                },
            Destination.<String>nowhere());
  }

  private final class CountedCommits extends ForwardingCheckpointStore {
    CountedCommits(CheckpointStore store) {
      super(store);
    }

    @Override
    public CompletionStage<WriteAnswer> commit(Commit commit) {
      commits.incrementAndGet();
      return super.commit(commit);
    }
  }

  private static long processNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long threadNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void fault(Throwable thrown) {
    throw new IllegalStateException("the loop of the streams failed", thrown);
  }
}
