package io.headrace.bench.state;

import io.headrace.bench.consumer.HeadraceConsumer;
import io.headrace.bench.consumer.PreparedKinesis;
import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Latencies;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Timetable;
import io.headrace.bench.rig.Zipf;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.function.Codec;
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
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.lease.InMemoryLeaseTable;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * How long a decision takes from the moment at which its record was due to be put: a function with
 * state that sends an output for each record, which leaves when the commit stands that has both.
 * Records are put on a timetable that waits for no answer. Worker and timetable are one process.
 */
final class DecisionProgram {
  static final List<Integer> RATES = List.of(10, 100, 1_000);
  private static final String STREAM = "decisions";
  private static final int KEYS = 10_000;
  private static final long STORE_BYTES = 256L << 20;
  private static final int WARM_RATE = 500;
  private static final int PAUSE_MILLIS = 1_000;
  private static final Duration ARRIVE_MAX = Duration.ofSeconds(30);
  private static final double FEW = 99.9;

  private DecisionProgram() {}

  /** The name of a figure at a rate. */
  static String figure(int rate, String name) {
    return "decision." + rate + "." + name;
  }

  /** Takes {@code kinesis}, {@code warmMillis} and {@code measuredMillis}. */
  public static void main(String[] args) {
    Figures figures = new Figures();
    int exitCode = 0;
    try {
      run(Arguments.parse(Arrays.asList(args)), figures);
    } catch (RuntimeException e) {
      System.err.println(NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    System.out.println(figures.line());
    System.exit(exitCode);
  }

  private static void run(Arguments given, Figures figures) {
    DelayedTable table = new DelayedTable();
    Latencies decided = new Latencies();
    Zipf zipf = new Zipf(KEYS);
    SplittableRandom random = new SplittableRandom(1);
    try (LoadClient client = LoadClient.http1(given.uri("kinesis"));
        KinesisAsyncClient kinesis = PreparedKinesis.at(given.uri("kinesis"))) {
      client.create(STREAM);
      try (FunctionRuntime.Running running =
          FunctionRuntime.named("bench")
              .leasesIn(new InMemoryLeaseTable())
              .checkpointsIn(table.checkpoints(new InMemoryCheckpointStore()))
              .stateIn(table.chunks(new InMemoryChunkStore(STORE_BYTES)))
              .connecting(new KinesisConnector(kinesis, Retrieval.fanOut().as("bench")))
              .run(spec(decided))
              .start()) {
        HeadraceConsumer.awaitReady(running);
        Timetable timetable = new Timetable(client, STREAM, number -> "card-" + zipf.draw(random));
        await(decided, timetable.play(WARM_RATE, given.millis("warmMillis")));
        for (int rate : RATES) {
          Pause.millis(PAUSE_MILLIS);
          table.reset();
          Timetable.Window played = timetable.play(rate, given.millis("measuredMillis"));
          await(decided, played);
          timetable.requireAnswers();
          tell(rate, played, decided.of(played.number()), table, figures);
        }
      }
    }
  }

  private static void tell(
      int rate, Timetable.Window played, Samples millis, DelayedTable table, Figures figures) {
    Samples added = table.addedMillis();
    figures
        .put(figure(rate, "p50_ms"), millis.percentile(50))
        .put(figure(rate, "p99_ms"), millis.percentile(99))
        .put(figure(rate, "p999_ms"), millis.percentile(FEW))
        .put(figure(rate, "producer_late_p99_ms"), played.lateMillis().percentile(99))
        .put(figure(rate, "commits"), added.count())
        .put(figure(rate, "commits_of_one_write"), (double) table.ofOneWrite())
        .put(figure(rate, "added_p50_ms"), added.percentile(50))
        .put(figure(rate, "added_p99_ms"), added.percentile(99))
        .put(figure(rate, "p99_over_added"), millis.percentile(99) / added.percentile(99));
  }

  private static void await(Latencies decided, Timetable.Window played) {
    long end = System.nanoTime() + ARRIVE_MAX.toNanos();
    while (decided.count(played.number()) < played.count()) {
      if (System.nanoTime() > end) {
        throw new NotMeasured(
            "of "
                + played.count()
                + " records "
                + decided.count(played.number())
                + " were decided");
      }
      Pause.millis(5);
    }
  }

  private static FunctionSpec<byte[], byte[]> spec(Latencies decided) {
    return FunctionSpec.named("decides")
        .<byte[]>reading(Input.of(StreamSource.kinesis(STREAM), Codec.bytes()))
        .committingWithin(Duration.ZERO)
        .keyedBy(Keys.partitionKey(), Json.of(CardTotals.class))
        .handledBy(
            Deciding::new,
            Destination.<byte[]>callback(output -> decided.accept(ByteBuffer.wrap(output)))
                .keptBy(Codec.bytes()));
  }

  /** Keeps a state of some 100 bytes, and sends when the record was due, as its decision. */
  private static final class Deciding implements KeyedFunction<byte[], CardTotals, byte[]> {
    private static final int DECISION_BYTES = Integer.BYTES + Long.BYTES;

    @Override
    public CardTotals initial(String key) {
      return CardTotals.NONE;
    }

    @Override
    public Next<CardTotals> handle(CardTotals state, Event<byte[]> event, Output<byte[]> out) {
      out.send(Arrays.copyOf(event.value(), DECISION_BYTES));
      return Next.state(
          state.plus(
              new CardTotals.Payment(
                  event.value().length, event.arrivedAt().toEpochMilli(), event.partitionKey())));
    }
  }
}
