package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.PartitionKey;
import io.headrace.kcl.Payload;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.Tenure;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stands where the engine stands: hands the records of one shard to a handler, keeps what is
 * settled, commits, crashes and goes on from the commit.
 */
final class Rig implements OutputTap {
  /** What the last commit stored. */
  record Commit(Set<Position> settled, List<CommitParts> parts) {}

  final SimulatedLoop loop;
  final SplittableRandom random;
  ChunkStore chunks = new InMemoryChunkStore();
  StateCache cache = new StateCache(StateCache.BYTES_MAX_DEFAULT);
  final List<FunctionEvent> events = new ArrayList<>();
  final Map<Position, ShardHandler.Outcome> settled = new LinkedHashMap<>();
  final Set<Position> returned = new LinkedHashSet<>();
  final Map<String, Object> outputs = new LinkedHashMap<>();
  final List<Object> sides = new ArrayList<>();
  final List<DeadLetter> letters = new ArrayList<>();
  final List<DiscardedBatch> discarded = new ArrayList<>();
  final List<StreamRecord> records = new ArrayList<>();
  @Nullable Throwable failed;
  Orders orders = Orders.NONE;
  boolean leaseHeld = true;
  boolean lettersDown;
  boolean outputsDown;
  Predicate<Object> refused = output -> false;
  int outputsSent;
  int stateChanges;
  final List<Duration> commitsWanted = new ArrayList<>();
  Executor pool;
  Executor background;
  Shard shard = Shard.root("shardId-000000000000");
  Commit commit = new Commit(Set.of(), List.of());
  long epoch = 1;
  long sequence;
  private @Nullable ShardHandler handler;
  private @Nullable FunctionHost<String, String> host;
  private boolean committing;
  private boolean commitAsked;
  private FunctionSpec<String, String> spec;

  Rig(long seed, FunctionSpec<String, String> spec) {
    this.loop = new SimulatedLoop(seed);
    this.random = new SplittableRandom(seed);
    this.pool = loop;
    this.background = loop;
    this.spec = spec;
  }

  static Input<String> input() {
    return Input.of(StreamSource.kinesis("in"), new Texts());
  }

  /** Values are {@code name@second of event time}, or {@code END}. */
  static Input<String> timedInput() {
    return input().timedBy(Rig::timeOf).endedBy("END"::equals);
  }

  static Instant timeOf(String value) {
    return Instant.ofEpochSecond(Long.parseLong(value.substring(value.indexOf('@') + 1)));
  }

  static FunctionSpec.Reading<String> reading() {
    return FunctionSpec.named("f").reading(input());
  }

  /** Tasks of the pool begin after up to so many milliseconds, in any order. */
  Rig withSlowPool(int millisMax) {
    pool = task -> schedule(random.nextInt(millisMax + 1), task);
    background = pool;
    return this;
  }

  void schedule(int millis, Runnable task) {
    var unused = loop.schedule(Duration.ofMillis(millis), task);
  }

  Rig start() {
    var environment =
        new Environment(
            "app",
            pool,
            background,
            random,
            new Outlets(
                pool,
                background,
                name -> {
                  throw new StreamException(StreamException.Kind.NOT_FOUND, name);
                },
                DeadLetters.toStream("none"),
                this),
            chunks,
            cache,
            events::add,
            new AtomicInteger(),
            () -> orders,
            LetterKeeping.NONE,
            StuckThreads.Tally.unbounded(),
            Telemetry.NONE,
            StateVersions.NEWEST,
            Broadcasts.NONE);
    host = FunctionHost.open(spec, environment);
    return open();
  }

  private Rig open() {
    var hosted = Objects.requireNonNull(host);
    var opened = new ShardHandler[1];
    var outcomes =
        new ShardHandler.Outcomes() {
          @Override
          public void settled(Position position, ShardHandler.Outcome outcome) {
            assertThat(loop.isCurrent()).as("told on the loop").isTrue();
            assertThat(handler).as("told by the handler that lives").isSameAs(opened[0]);
            assertThat(settled.put(position, outcome)).as("%s settled twice", position).isNull();
          }

          @Override
          public void returned(List<Position> positions) {
            assertThat(loop.isCurrent()).as("told on the loop").isTrue();
            assertThat(positions).noneMatch(settled::containsKey).noneMatch(returned::contains);
            returned.addAll(positions);
          }

          @Override
          public void stateChanged() {
            assertThat(handler).isSameAs(opened[0]);
            stateChanges++;
          }

          @Override
          public void commitWanted(Duration within) {
            commitsWanted.add(within);
          }

          @Override
          public void failed(Throwable cause) {
            if (cause instanceof AssertionError broken) {
              throw broken; // Of a check in here, told from within a task of the loop.
            }
            failed = cause;
            opened[0].abandon(); // As the engine does, at once.
          }
        };
    var token = new LeaseToken(new Incarnation("w", "1"), epoch);
    var context =
        new ShardHandler.Context(shardKey(), shard, new Lease(token), epoch, loop, outcomes);
    opened[0] = hosted.handlers(spec.inputs().get(0)).open(context);
    handler = opened[0];
    committing = false;
    commitAsked = false;
    return this;
  }

  /** Restores from the last commit; the stage's failure is thrown. */
  Rig restore() {
    var restored = new CompletableFuture<Void>();
    loop.execute(
        () -> {
          var unused =
              handler()
                  .restore(commit.parts())
                  .whenComplete(
                      (done, thrown) -> {
                        if (thrown == null) {
                          restored.complete(null);
                        } else {
                          restored.completeExceptionally(thrown);
                        }
                      });
        });
    for (int i = 0; i < 1000 && !restored.isDone(); i++) {
      loop.advance(Duration.ofMillis(10));
    }
    restored.join();
    return this;
  }

  ShardKey shardKey() {
    return new ShardKey(new StreamId("in", Instant.EPOCH), shard.id());
  }

  ShardHandler handler() {
    assertThat(handler).isNotNull();
    return handler;
  }

  Optional<FunctionOutage> outage() {
    assertThat(host).isNotNull();
    return host.outage();
  }

  Optional<Object> stateOf(String key) {
    assertThat(host).isNotNull();
    return host.stateOf(new StateKey(key, key));
  }

  /** All that is kept. */
  List<KeptState> states() {
    return Objects.requireNonNull(host).states();
  }

  /** Puts a record and hands it over. */
  Position put(String key, String value) {
    return put(key, value, loop.now());
  }

  Position put(String key, String value, Instant arrivedAt) {
    var record = record(key, value, arrivedAt);
    records.add(record);
    hand(List.of(record));
    return record.position();
  }

  /** Puts records and hands them over together. */
  List<Position> putAll(String... keysAndValues) {
    var all = new ArrayList<StreamRecord>();
    for (var each : keysAndValues) {
      int colon = each.indexOf('=');
      all.add(record(each.substring(0, colon), each.substring(colon + 1), loop.now()));
    }
    records.addAll(all);
    hand(all);
    return all.stream().map(StreamRecord::position).toList();
  }

  /**
   * Puts one record that holds several, in text as {@link #putAll}, and hands them over; those
   * whose key lies outside the shard are misrouted.
   */
  List<Position> putAggregated(String... keysAndValues) {
    var all = new ArrayList<StreamRecord>();
    var number = SequenceNumber.of(++sequence);
    for (var each : keysAndValues) {
      int equals = each.indexOf('=');
      var key = each.substring(0, equals);
      all.add(
          new StreamRecord(
              new Position(number, all.size()),
              PartitionKey.of(key),
              loop.now(),
              Payload.of(each.substring(equals + 1).getBytes(UTF_8)),
              Map.of(),
              !shard.range().holds(key)));
    }
    records.addAll(all);
    hand(all);
    return all.stream().map(StreamRecord::position).toList();
  }

  StreamRecord record(String key, String value, Instant arrivedAt) {
    return new StreamRecord(Position.of(++sequence), key, arrivedAt, value.getBytes(UTF_8));
  }

  void hand(List<StreamRecord> some) {
    var to = handler();
    loop.execute(() -> to.handle(some));
  }

  void advance(long millis) {
    loop.advance(Duration.ofMillis(millis));
  }

  /** The shard has nothing more for now. */
  void tip() {
    var to = handler();
    loop.execute(to::atTip);
    loop.runUntilIdle();
  }

  /** Nothing comes for so long, as a reader at the tip tells each second. */
  void silence(int seconds) {
    tip();
    for (int i = 0; i < seconds; i++) {
      loop.advance(Duration.ofSeconds(1));
      tip();
    }
  }

  /** Asks the handler to begin nothing more, in a turn of the loop. */
  void leave() {
    var leaving = handler();
    loop.execute(leaving::drain);
    loop.runUntilIdle();
  }

  /** Lets time pass until everything is settled. */
  void drain() {
    for (int i = 0; i < 10_000 && settled.size() < records.size(); i++) {
      loop.advance(Duration.ofMillis(100));
    }
    assertThat(settled.keySet())
        .containsExactlyInAnyOrderElementsOf(records.stream().map(StreamRecord::position).toList());
    loop.runUntilIdle();
  }

  /**
   * Takes progress and snapshot in one turn; stored when the snapshot is. As the engine does, one
   * at a time: what is asked for meanwhile comes after it.
   */
  void commit() {
    var of = handler();
    loop.execute(
        () -> {
          if (handler == of) {
            commitNow(of);
          }
        });
  }

  private void commitNow(ShardHandler of) {
    if (committing) {
      commitAsked = true;
      return;
    }
    committing = true;
    Set<Position> progress = new LinkedHashSet<>(settled.keySet());
    var unused =
        of.snapshot()
            .whenComplete(
                (parts, thrown) ->
                    loop.execute(
                        () -> {
                          if (handler == of) {
                            committing = false;
                            if (thrown == null) {
                              commit = new Commit(progress, List.of(parts));
                              of.committed(parts);
                            }
                            if (commitAsked) {
                              commitAsked = false;
                              commitNow(of);
                            }
                          }
                        }));
  }

  /** What {@link #crash} starts from now on, under the same name. */
  void redeploy(FunctionSpec<String, String> next) {
    spec = next;
  }

  /** Forgets everything since the last commit, and starts again from it. */
  void crash() {
    var old = handler();
    loop.execute(old::abandon);
    loop.runUntilIdle();
    handler = null;
    epoch++;
    settled.keySet().retainAll(commit.settled());
    start();
    restore();
    hand(records.stream().filter(r -> !commit.settled().contains(r.position())).toList());
  }

  /**
   * Rests without leave for what runs, as by an order, and goes on in the same process and lease.
   */
  void rest() {
    var old = handler();
    loop.execute(old::abandon);
    loop.runUntilIdle();
    handler = null;
    settled.keySet().retainAll(commit.settled());
    open();
    restore();
    hand(records.stream().filter(r -> !commit.settled().contains(r.position())).toList());
  }

  /** Goes on as a child of shards that ended with these parts. */
  Rig child(String id, HashRange range, Rig... parents) {
    return child(id, range, child -> {}, parents);
  }

  /** Goes on as such a child, whose surroundings are changed before it starts. */
  Rig child(String id, HashRange range, Consumer<Rig> changed, Rig... parents) {
    var child = new Rig(random.nextLong(), spec);
    child.chunks = chunks;
    child.sequence = 1_000_000;
    var ids = new ArrayList<ShardId>();
    var parts = new ArrayList<CommitParts>();
    for (var parent : parents) {
      ids.add(parent.shard.id());
      parent.commit();
      parent.advance(10_000);
      parts.addAll(parent.commit.parts());
    }
    child.shard = new Shard(new ShardId(id), ids, range);
    child.commit = new Commit(Set.of(), parts);
    changed.accept(child);
    return child.start().restore();
  }

  /** The function, as a worker does that ends. */
  void close() {
    Machinery.closeQuietly(Objects.requireNonNull(host));
  }

  <T extends FunctionEvent> List<T> events(Class<T> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  @Override
  public void output(String function, @Nullable Side<?> side, String id, Object value) {
    if (outputsDown) {
      throw new IllegalStateException("the sink is down");
    }
    if (refused.test(value)) {
      throw new StreamException(StreamException.Kind.INVALID, "too large for the stream");
    }
    outputsSent++;
    if (side == null) {
      var before = outputs.put(id, value);
      assertThat(before == null || before.equals(value)).as("%s contradicts itself", id).isTrue();
    } else {
      sides.add(value);
    }
  }

  @Override
  public void deadLetter(DeadLetter letter) {
    if (lettersDown) {
      throw new IllegalStateException("the sink is down");
    }
    letters.add(letter);
  }

  @Override
  public void discarded(DiscardedBatch batch) {
    if (lettersDown) {
      throw new IllegalStateException("the sink is down");
    }
    discarded.add(batch);
  }

  private final class Lease implements Tenure {
    private final LeaseToken token;

    Lease(LeaseToken token) {
      this.token = token;
    }

    @Override
    public LeaseToken token() {
      return token;
    }

    @Override
    public boolean validAt(long ticks) {
      return leaseHeld && token.epoch() == epoch;
    }
  }
}
