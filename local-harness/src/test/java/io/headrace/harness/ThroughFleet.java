package io.headrace.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.function.DeadLetter;
import io.headrace.function.FunctionEvent;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.OutputTap;
import io.headrace.function.RuntimeListener;
import io.headrace.function.Side;
import io.headrace.function.through.Address;
import io.headrace.function.through.Envelope;
import io.headrace.function.through.EnvelopeException;
import io.headrace.function.through.EnvelopeFormat;
import io.headrace.kcl.Fetched;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Workers of a function that is keyed across shards, over the stream {@code in} and the one between
 * the stages, under virtual time; with commits and puts that go wrong where that is asked for.
 */
final class ThroughFleet {
  static final String THROUGH = "by-key";

  /** The value that says that nothing more comes. */
  static final String END = "END";

  final SimulatedLoop loop;
  final InMemoryStream input;
  final InMemoryStream through;

  /** Codes of dead letters. */
  final List<String> letters = new ArrayList<>();

  final List<FunctionEvent> events = new ArrayList<>();
  final List<FunctionRuntime.Running> workers = new ArrayList<>();

  /** Whether commits are answered late, and puts fail, are doubled, and are stored late. */
  boolean faulty;

  /** Whether commits are neither stored nor answered. */
  boolean commitsHang;

  private final SplittableRandom random;
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private int started;

  ThroughFleet(long seed, int inputShards) {
    this.loop = new SimulatedLoop(seed);
    this.random = new SplittableRandom(seed);
    this.input = streams.create("in", inputShards, loop);
    this.through = streams.create(THROUGH, 1, loop);
  }

  /**
   * Starts one more worker.
   *
   * @param outputs gets what the function sends, with its id
   */
  FunctionRuntime.Running start(FunctionSpec<?, ?> spec, BiConsumer<String, Object> outputs) {
    var worker =
        FunctionRuntime.named("app")
            .workerId("worker-" + ++started)
            .deployment("d" + started)
            .on(loop, loop, loop, random)
            .leasesIn(leases)
            .checkpointsIn(new LateAnswers(checkpoints))
            .stateIn(chunks)
            .connecting(new LateSinks())
            .tappedBy(
                new OutputTap() {
                  @Override
                  public void output(
                      String function, @Nullable Side<?> side, String id, Object value) {
                    outputs.accept(id, value);
                  }

                  @Override
                  public void deadLetter(DeadLetter letter) {
                    letters.add(letter.code());
                  }
                })
            .observedBy(
                new RuntimeListener() {
                  @Override
                  public void on(Object what) {
                    if (what instanceof FunctionEvent event) {
                      events.add(event);
                    }
                  }
                })
            .run(spec)
            .start();
    workers.add(worker);
    return worker;
  }

  void close() {
    workers.forEach(FunctionRuntime.Running::crash);
  }

  void put(String partitionKey, String value) {
    var unused = input.put(partitionKey, value.getBytes(UTF_8));
  }

  void end() {
    for (var shard : input.openShards()) {
      int i = 0;
      while (!shard.range().holds("end-" + i)) {
        i++;
      }
      put("end-" + i, END);
    }
  }

  void advance(Duration time) {
    loop.advance(time);
  }

  /** What lies in the stream between the stages. */
  List<Envelope> carried() {
    var all = new ArrayList<Envelope>();
    for (Shard shard : through.shardsNow()) {
      try (var cursor = through.open(shard, StartingPosition.TRIM_HORIZON)) {
        var fetched = cursor.fetch(Long.MAX_VALUE).toCompletableFuture().getNow(null);
        while (fetched instanceof Fetched.Records found && !found.records().isEmpty()) {
          for (var record : found.records()) {
            all.add(EnvelopeFormat.read(new Address("app", "f"), record.payload().bytes()));
          }
          fetched = cursor.fetch(Long.MAX_VALUE).toCompletableFuture().getNow(null);
        }
      } catch (EnvelopeException | IOException damaged) {
        throw new AssertionError(damaged);
      }
    }
    return all;
  }

  long count(Class<? extends Envelope> kind) {
    return carried().stream().filter(kind::isInstance).count();
  }

  private boolean chance(int percent) {
    return faulty && random.nextInt(100) < percent;
  }

  private <T> CompletionStage<T> later(int millisMax, Supplier<T> then) {
    var done = new CompletableFuture<T>();
    var unused =
        loop.schedule(
            Duration.ofMillis(random.nextInt(millisMax) + 1), () -> done.complete(then.get()));
    return done;
  }

  /** Commits that are answered late, or stored late, be it when others have the shard. */
  private final class LateAnswers extends ForwardingCheckpointStore {
    LateAnswers(CheckpointStore store) {
      super(store);
    }

    @Override
    public CompletionStage<WriteAnswer> commit(Commit commit) {
      if (commitsHang) {
        return new CompletableFuture<>();
      }
      if (chance(20)) {
        return later(30_000, () -> super.commit(commit).toCompletableFuture().join());
      }
      var stored = super.commit(commit);
      return chance(20) ? stored.thenCompose(answer -> later(4_000, () -> answer)) : stored;
    }
  }

  /** Puts that fail, are stored although they fail, or are stored when nobody expects it. */
  private final class LateSinks implements StreamConnector {
    @Override
    public String service() {
      return streams.service();
    }

    @Override
    public ShardedStream open(StreamSource source, EventLoop at, RandomGenerator by) {
      return streams.open(source, at, by);
    }

    @Override
    public StreamSink sink(String stream, EventLoop at, RandomGenerator by) {
      var sink = streams.sink(stream, at, by);
      return new StreamSink() {
        @Override
        public CompletionStage<List<Stored>> put(List<Entry> entries) {
          if (chance(8)) {
            return failed();
          }
          if (chance(8)) {
            return sink.put(entries).thenCompose(stored -> failed());
          }
          if (chance(10)) {
            return later(40_000, () -> sink.put(entries).toCompletableFuture().join());
          }
          return chance(50)
              ? sink.put(entries).thenCompose(stored -> later(300, () -> stored))
              : sink.put(entries);
        }

        @Override
        public void close() {
          sink.close();
        }
      };
    }

    private CompletionStage<List<StreamSink.Stored>> failed() {
      return CompletableFuture.failedFuture(
          new StreamException(StreamException.Kind.RETRYABLE, "planted"));
    }

    @Override
    public void close() {}
  }
}
