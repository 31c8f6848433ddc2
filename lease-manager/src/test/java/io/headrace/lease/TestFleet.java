package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseEvent;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.Tenure;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * Several coordinators on one table under virtual time. After every task it is asserted that no
 * shard has two valid tenures, and at every gain that the epoch rose.
 */
final class TestFleet {
  static final Duration F = Duration.ofSeconds(10);

  final SimulatedLoop loop;
  final LeaseTable table = new InMemoryLeaseTable();
  final ListedStream stream;
  final Map<String, TestWorker> workers = new TreeMap<>();
  private final SplittableRandom random;
  private final Map<ShardKey, Long> epochs = new HashMap<>();
  private final Map<ShardKey, List<Owned>> tenures = new HashMap<>();
  private final Map<ShardKey, Long> idleSince = new HashMap<>();
  final Map<ShardKey, Duration> longestGap = new HashMap<>();
  final Map<ShardKey, Integer> gainsOf = new HashMap<>();
  int gains;

  /** What nobody can read any more, as {@link FaultyTable#edited} names it. */
  final Set<String> unreadable = new HashSet<>();

  /** What workers that are started from now on say of their code. */
  String deployment = "";

  Map<String, Integer> reads = Map.of();
  int capacity = 1;

  /** What workers that are started from now on read. */
  List<ShardedStream> reading;

  private record Owned(String worker, Tenure tenure) {}

  TestFleet(long seed, int shards) {
    loop = new SimulatedLoop(seed);
    random = new SplittableRandom(seed);
    stream = new ListedStream("orders", shards);
    reading = List.of(stream);
    loop.afterEachTask(this::check);
  }

  /** Of workers that have shared the shards out and gone on so for a while. */
  static TestFleet settled(int shards, String... workers) {
    var fleet = new TestFleet(5, shards);
    fleet.start(workers);
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    fleet.advance(F);
    return fleet;
  }

  private void check() {
    tenures.forEach(
        (shard, all) -> {
          var valid = all.stream().filter(owned -> owned.tenure.validAt(loop.ticks())).toList();
          assertThat(valid).as("owners of %s at %s", shard, loop.now()).hasSizeLessThanOrEqualTo(1);
          if (!valid.isEmpty()) {
            var since = idleSince.remove(shard);
            if (since != null) {
              longestGap.merge(
                  shard,
                  Duration.ofNanos(loop.ticks() - since),
                  (a, b) -> a.compareTo(b) > 0 ? a : b);
            }
          } else {
            idleSince.putIfAbsent(shard, loop.ticks());
          }
        });
  }

  TestWorker start(String... ids) {
    TestWorker last = null;
    for (var id : ids) {
      last = new TestWorker(id);
      workers.put(id, last);
    }
    return last;
  }

  TestWorker worker(String id) {
    return workers.get(id);
  }

  void advance(Duration by) {
    loop.advance(by);
  }

  void advanceUntil(Duration limit, BooleanSupplier done) {
    long until = loop.ticks() + limit.toNanos();
    while (!done.getAsBoolean() && loop.ticks() < until) {
      loop.advance(Duration.ofMillis(10));
    }
    assertThat(done.getAsBoolean()).as("within %s, at %s: %s", limit, loop.now(), this).isTrue();
  }

  Optional<String> ownerOf(ShardKey shard) {
    return tenures.getOrDefault(shard, List.of()).stream()
        .filter(owned -> owned.tenure.validAt(loop.ticks()))
        .map(Owned::worker)
        .findFirst();
  }

  boolean allOwned() {
    return allOwned(stream.keys().stream().filter(this::toBeRun).toList());
  }

  /** All whose parents have ended, and that have not ended themselves. */
  private boolean toBeRun(ShardKey shard) {
    return !ended(shard) && stream.parents(shard).stream().allMatch(this::ended);
  }

  private boolean ended(ShardKey shard) {
    return LeaseTableContract.await(table.lease("app", shard))
        .filter(row -> row.item().ended())
        .isPresent();
  }

  boolean allOwned(Collection<ShardKey> shards) {
    return shards.stream().allMatch(shard -> ownerOf(shard).isPresent());
  }

  /** Whether all shards are owned by others. */
  boolean ownersWithout(String id) {
    return allOwned()
        && stream.keys().stream().noneMatch(shard -> ownerOf(shard).filter(id::equals).isPresent());
  }

  Map<String, Integer> counts() {
    var counts = new TreeMap<String, Integer>();
    workers.forEach((id, worker) -> counts.put(id, worker.running.size()));
    return counts;
  }

  boolean balanced() {
    var counts =
        workers.values().stream().filter(TestWorker::here).map(w -> w.running.size()).toList();
    return allOwned()
        && counts.stream().mapToInt(i -> i).max().orElse(0)
                - counts.stream().mapToInt(i -> i).min().orElse(0)
            <= 1;
  }

  LeaseRow row(ShardKey shard) {
    return LeaseTableContract.await(table.lease("app", shard)).orElseThrow().item();
  }

  @Override
  public String toString() {
    return counts()
        + ", table: "
        + LeaseTableContract.await(table.workers("app"))
        + ", owners: "
        + stream.keys().stream().map(shard -> shard + "=" + ownerOf(shard)).toList();
  }

  /** A worker that answers at once: ready when offered, drained some milliseconds after wanted. */
  final class TestWorker {
    final String id;
    final FaultyTable way;
    final PausableLoop lease;
    final HeartbeatCoordinator coordinator;
    final Map<ShardKey, LeaseEvent.Gained> running = new TreeMap<>(ShardKeys.ORDER);
    final List<LeaseEvent> events = new ArrayList<>();
    final CompletableFuture<Void> started;
    Duration drain = Duration.ofMillis(20);
    final Set<ShardKey> slow = new HashSet<>();
    boolean answersOffers = true;
    boolean workerLoopHangs;
    boolean gone;
    boolean left;

    TestWorker(String id) {
      this.id = id;
      way = new FaultyTable(table, loop, random.split());
      way.unreadable = unreadable;
      lease = new PausableLoop(loop);
      var life = "life" + random.nextInt(1_000_000);
      coordinator =
          new HeartbeatCoordinator(
              way,
              "app",
              new Incarnation(id, life),
              reading,
              LeaseSettings.DEFAULT.withLeaseTime(F).withCapacity(capacity),
              new Deployment(deployment, reads),
              lease,
              random.split());
      started =
          coordinator
              .start(
                  this::on,
                  answer -> {
                    if (!workerLoopHangs) {
                      answer.run();
                    }
                  })
              .toCompletableFuture();
    }

    private void on(LeaseEvent event) {
      events.add(event);
      if (event instanceof LeaseEvent.Gained gained) {
        gains++;
        gainsOf.merge(gained.shard(), 1, Integer::sum);
        long epoch = gained.tenure().token().epoch();
        assertThat(epoch)
            .as("epoch of %s", gained.shard())
            .isGreaterThan(epochs.getOrDefault(gained.shard(), 0L));
        epochs.put(gained.shard(), epoch);
        running.put(gained.shard(), gained);
        tenures
            .computeIfAbsent(gained.shard(), s -> new ArrayList<>())
            .add(new Owned(id, gained.tenure()));
      } else if (event instanceof LeaseEvent.Lost lost) {
        running.remove(lost.shard());
      } else if (event instanceof LeaseEvent.Offered offered) {
        if (answersOffers) {
          coordinator.ready(offered.shard());
        }
      } else if (event instanceof LeaseEvent.Wanted wanted) {
        if (wanted.canWait() && slow.contains(wanted.shard())) {
          coordinator.keep(wanted.shard(), tokenOf(wanted.shard()));
        } else {
          lease.schedule(drain, () -> release(wanted.shard()));
        }
      }
    }

    void release(ShardKey shard) {
      var ran = running.remove(shard);
      if (ran != null) {
        coordinator.release(shard, ran.tenure().token());
      }
    }

    void end(String shard, Shard... children) {
      var key = stream.key(shard);
      coordinator.runnable(key, List.of(children));
      endSilently(key);
    }

    /** Ends a shard and says nothing of its children. */
    void endSilently(ShardKey shard) {
      var token = tokenOf(shard);
      running.remove(shard);
      coordinator.ended(shard, token);
    }

    /** The shards that the worker was asked to drain, the latest last. */
    List<ShardKey> wanted() {
      return events.stream()
          .filter(LeaseEvent.Wanted.class::isInstance)
          .map(event -> ((LeaseEvent.Wanted) event).shard())
          .toList();
    }

    void giveUp(ShardKey shard) {
      var token = tokenOf(shard);
      running.remove(shard);
      coordinator.giveUp(shard, token, "the state can't be read");
    }

    /** The token of the tenure that the worker knows. */
    LeaseToken tokenOf(ShardKey shard) {
      return running.get(shard).tenure().token();
    }

    void kill() {
      coordinator.kill();
      gone = true;
      running.clear();
    }

    /** Leaves as the engine does: hands over what is wanted, then frees the rest. */
    void leave(Duration patience) {
      gone = true;
      coordinator.draining();
      leaveOnceEmpty(loop.ticks() + patience.toNanos());
    }

    private void leaveOnceEmpty(long until) {
      if (running.isEmpty() || loop.ticks() >= until) {
        running.clear();
        var unused = coordinator.stop().thenRun(() -> left = true);
      } else {
        loop.schedule(Duration.ofMillis(10), () -> leaveOnceEmpty(until));
      }
    }

    /** Neither left nor refused. */
    boolean here() {
      return !gone && !started.isCompletedExceptionally();
    }

    long lostCount() {
      return events.stream().filter(LeaseEvent.Lost.class::isInstance).count();
    }
  }
}
