package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Runs functions in the shards that its coordinator gains: one reader for each shard and stream,
 * one byte budget for all, and nothing of its own but the worker loop. Losing the lease stops a
 * shard at once and commits nothing; being asked for it, or being stopped, drains and commits
 * first.
 *
 * <p>Any thread may call. Stages complete, and events are told, on the worker loop.
 */
public final class Worker {
  private static final int IDENTIFY_TRIES_MAX = 5;
  private static final BackOff IDENTIFY_RETRIES =
      new BackOff(Duration.ofMillis(200), Duration.ofSeconds(2));

  /** What is left for last commits after the deadline of a stop, and for saying good-bye. */
  private static final Duration LAST_COMMITS_MAX = Duration.ofMillis(700);

  /** Then a worker says that it is ready for a shard, whether its stream is or not. */
  private static final Duration PREPARED_WITHIN = Duration.ofMillis(500);

  private static final Duration THROUGHPUT_EVERY = Duration.ofSeconds(10);
  private static final Duration FAREWELL_MAX = Duration.ofMillis(950);

  private enum Life {
    NEW,
    STARTING,
    RUNNING,
    STOPPING,
    STOPPED
  }

  private final WorkerSettings settings;
  private final LeaseCoordinator coordinator;
  private final EngineContext engine;
  private final List<StreamGroup> groups;
  private final Map<StreamId, StreamGroup> groupOf = new HashMap<>();
  private final Map<ShardKey, ShardWork> works = new LinkedHashMap<>();
  private final Watchdog watchdog;

  /** Why a shard that drains is not simply released, by the work that drains. */
  private final Map<ShardWork, Parting> partings = new HashMap<>();

  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final ShardWork.Owner owner = new Shards();
  private Directions directions = Directions.NONE;
  private Life life = Life.NEW;
  private boolean servingSoon;
  private boolean departing;
  private long stopBy;

  /** The watchdog stops a shard. */
  private record Parting(WorkerEvent.Remedy remedy, String reason) {}

  /**
   * Makes a worker that does nothing yet.
   *
   * @param handlers at least one, with different names; those of one stream share its reader
   * @param loop the worker loop; not the coordinator's
   * @param random for jitter
   * @param listener told on the worker loop; must return at once and not throw
   */
  public Worker(
      WorkerSettings settings,
      List<HandlerSpec> handlers,
      LeaseCoordinator coordinator,
      EventLoop loop,
      RandomGenerator random,
      Consumer<WorkerEvent> listener) {
    this.settings = settings;
    this.coordinator = coordinator;
    this.watchdog = new Watchdog(settings.watch());
    var budget =
        new ByteBudget(
            settings.bytesInFlightMax(),
            settings.bytesPerShardMin(),
            settings.bytesPerFetchMax(),
            this::serveSoon);
    engine = new EngineContext(loop, random, listener, budget);
    groups = StreamGroup.byStream(handlers);
  }

  /**
   * Learns who the streams are and joins the fleet.
   *
   * @return completes when the worker is registered; fails with {@link StreamException} or {@link
   *     LeaseException} when it can't be, and the worker is then stopped
   */
  public CompletionStage<Void> start() {
    engine
        .loop()
        .execute(
            () -> {
              if (life == Life.NEW) {
                life = Life.STARTING;
                coordinator.prepare();
                groups.forEach(group -> identify(group, 1));
              }
            });
    return started.minimalCompletionStage();
  }

  /**
   * Leaves in order: each shard goes on until another worker is ready for it, then it is drained,
   * committed and released. Those that nobody has asked for by half of the time are drained then.
   *
   * @param deadline after it, what still runs is interrupted and left for the next owner
   * @return completes when all is released, at the latest a second after the deadline; never fails
   */
  public CompletionStage<Void> stop(Duration deadline) {
    engine.loop().execute(() -> stopNow(deadline));
    return stopped.minimalCompletionStage();
  }

  /** Ends without any farewell, as a crash would: commits nothing and releases nothing. */
  public void kill() {
    coordinator.kill();
    engine
        .loop()
        .execute(
            () -> {
              life = Life.STOPPED;
              abandonAll();
              finish();
            });
  }

  /** The operator wants this from now on, of what runs and of what will. */
  public void direct(Directions wanted) {
    engine
        .loop()
        .execute(
            () -> {
              directions = wanted;
              // A copy: a function that can't begin again ends its shard.
              List.copyOf(works.values()).forEach(work -> work.direct(wanted));
            });
  }

  /** The worker as of a turn of its loop. */
  public CompletionStage<WorkerStatus> status() {
    var answer = new CompletableFuture<WorkerStatus>();
    engine
        .loop()
        .execute(
            () ->
                answer.complete(
                    new WorkerStatus(
                        engine.budget().used(),
                        engine.budget().bytesMax(),
                        works.values().stream().map(ShardWork::status).toList())));
    return answer;
  }

  private void identify(StreamGroup group, int tries) {
    Stages.ask(
        engine.loop(),
        group.stream()::identify,
        id -> {
          groupOf.put(id, group);
          if (groupOf.size() == groups.size()) {
            join();
          }
        },
        failed -> {
          boolean retryable =
              failed instanceof StreamException stream
                  && stream.kind() == StreamException.Kind.RETRYABLE;
          if (retryable && tries < IDENTIFY_TRIES_MAX) {
            var wait = BackOff.jittered(IDENTIFY_RETRIES.after(tries), engine.random());
            engine.loop().schedule(wait, () -> identify(group, tries + 1));
          } else {
            failStart(failed);
          }
        });
  }

  private void join() {
    if (life != Life.STARTING) {
      return;
    }
    Stages.ask(
        engine.loop(),
        () ->
            coordinator.start(
                event -> engine.loop().execute(() -> take(event)), engine.loop()::execute),
        nothing -> {
          life = life == Life.STARTING ? Life.RUNNING : life;
          started.complete(null);
          engine.loop().schedule(THROUGHPUT_EVERY, this::tellThroughput);
          watchLater();
        },
        this::failStart);
  }

  private void tellThroughput() {
    if (life != Life.RUNNING) {
      return;
    }
    var bytesPerSecond = new HashMap<ShardKey, Long>();
    works.forEach(
        (shard, work) ->
            bytesPerSecond.put(shard, work.takeBytesRead() / THROUGHPUT_EVERY.toSeconds()));
    coordinator.throughput(bytesPerSecond);
    engine.loop().schedule(THROUGHPUT_EVERY, this::tellThroughput);
  }

  private void failStart(Throwable cause) {
    life = Life.STOPPED;
    started.completeExceptionally(cause);
    abandonAll();
    finish();
  }

  private void take(LeaseEvent event) {
    if (life == Life.STOPPED) {
      return;
    }
    if (event instanceof LeaseEvent.Offered offered) {
      prepare(offered);
    } else if (event instanceof LeaseEvent.Gained gained) {
      gain(gained);
    } else if (event instanceof LeaseEvent.Wanted wanted) {
      var work = works.get(wanted.shard());
      // What ended by itself has been given back already, with the token that it had.
      if (work != null && life != Life.STOPPING && keeps(work, wanted.canWait())) {
        coordinator.keep(wanted.shard(), work.place().tenure().token());
      } else if (work != null) {
        work.drain(life == Life.STOPPING ? untilStopped() : settings.drainMax());
      }
    } else if (event instanceof LeaseEvent.Lost lost) {
      lose(lost.shard(), lost.reason());
    } else if (event instanceof LeaseEvent.OrdersGiven orders) {
      tell(new WorkerEvent.OrdersGiven(orders.number()));
    } else if (event instanceof LeaseEvent.Retired retired) {
      tell(new WorkerEvent.Retired(retired.reason()));
    }
  }

  /**
   * Whether a shard that balance asks for stays for now: while a call is slow, and when it has
   * stayed so for long, while one is so slow that it would have to be interrupted.
   */
  private boolean keeps(ShardWork work, boolean canWait) {
    return canWait ? work.isSlow() : work.isSlow(settings.drainMax().dividedBy(2));
  }

  /**
   * While the giver delivers on. The first seal and the first read of a process take a while, for
   * classes and connections, and the shard would stand still for it. Who is slow to answer does not
   * keep the giver waiting.
   */
  private void prepare(LeaseEvent.Offered offered) {
    var group = groupOf.get(offered.shard().stream());
    if (life != Life.STOPPING && group != null) {
      Runnable ready = () -> coordinator.ready(offered.shard()); // Once more changes nothing.
      var late = engine.loop().schedule(PREPARED_WITHIN, ready);
      Runnable prepared =
          () -> {
            late.cancel();
            ready.run();
          };
      Stages.ask(
          engine.loop(),
          () -> group.prepare(offered.description()),
          nothing -> prepared.run(),
          failed -> prepared.run());
    }
  }

  private void gain(LeaseEvent.Gained gained) {
    var key = gained.shard();
    var token = gained.tenure().token();
    var group = groupOf.get(key.stream());
    if (life == Life.STOPPING) {
      coordinator.release(key, token);
      return;
    }
    if (group == null) {
      coordinator.giveUp(key, token, "no function of this worker reads stream " + key.stream());
      return;
    }
    if (works.containsKey(key)) {
      lose(key, "gained anew");
    }
    var place = new ShardPlace(key, gained.description(), gained.tenure());
    var work = new ShardWork(place, group.stream(), engine, owner, directions);
    works.put(key, work);
    tell(new WorkerEvent.ShardStarted(key, token));
    try {
      work.begin(group.specs());
    } catch (RuntimeException fault) {
      // A factory of the user's that throws.
      work.failed(fault);
    }
  }

  private void watchLater() {
    engine
        .loop()
        .schedule(
            settings.watch().look(),
            () -> {
              if (life == Life.RUNNING) {
                List.copyOf(works.values()).forEach(this::watch);
                watchLater();
              }
            });
  }

  private void watch(ShardWork work) {
    var key = work.place().key();
    if (work.hasProgressed()) {
      watchdog.progressed(key);
    }
    var stall = work.stalledFor(settings.watch().patience());
    stall
        .flatMap(found -> watchdog.remedyFor(key, found))
        .ifPresent(remedy -> mend(work, stall.orElseThrow(), remedy));
  }

  private void mend(ShardWork work, Stall stall, WorkerEvent.Remedy remedy) {
    var key = work.place().key();
    tell(new WorkerEvent.Stalled(key, stall.function(), stall.silent(), stall.why(), remedy));
    if (remedy != WorkerEvent.Remedy.WAITS) {
      var reason =
          "function "
              + stall.function()
              + " made no progress for "
              + stall.silent().toSeconds()
              + " s: "
              + stall.why();
      partings.put(work, new Parting(remedy, reason));
      // What was settled is committed; what still runs is interrupted and delivered again.
      work.drain(Duration.ZERO);
    }
  }

  private void lose(ShardKey key, String reason) {
    watchdog.left(key);
    var work = works.remove(key);
    if (work != null) {
      partings.remove(work);
      work.abandon();
      tell(new WorkerEvent.ShardStopped(key, reason));
      departIfEmpty();
    }
  }

  private void stopNow(Duration deadline) {
    if (life == Life.STOPPING || life == Life.STOPPED) {
      return;
    }
    boolean joined = life != Life.NEW;
    life = Life.STOPPING;
    if (!joined) {
      finish();
      return;
    }
    stopBy = engine.loop().ticks() + deadline.toNanos();
    coordinator.draining();
    // The coordinator asks for each shard in time; this is for one that can't reach its table.
    engine.loop().schedule(deadline.dividedBy(2), this::drainRest);
    engine.loop().schedule(deadline.plus(LAST_COMMITS_MAX), this::abandonRest);
    engine.loop().schedule(deadline.plus(FAREWELL_MAX), this::finish);
    departIfEmpty();
  }

  private Duration untilStopped() {
    return Duration.ofNanos(Math.max(0, stopBy - engine.loop().ticks()));
  }

  private void drainRest() {
    if (life == Life.STOPPING) {
      List.copyOf(works.values()).forEach(work -> work.drain(untilStopped()));
    }
  }

  private void abandonRest() {
    if (life == Life.STOPPING) {
      List.copyOf(works.keySet()).forEach(key -> lose(key, "not drained in time"));
      departIfEmpty();
    }
  }

  private void departIfEmpty() {
    if (life == Life.STOPPING && works.isEmpty() && !departing) {
      departing = true;
      // A farewell that fails costs the others a wait for the lease time, and us nothing.
      Stages.ask(engine.loop(), coordinator::stop, nothing -> finish(), failed -> finish());
    }
  }

  private void finish() {
    life = Life.STOPPED;
    abandonAll();
    started.completeExceptionally(new LeaseException("the worker was stopped while it started"));
    stopped.complete(null);
  }

  private void abandonAll() {
    var all = List.copyOf(works.values());
    works.clear();
    partings.clear();
    all.forEach(ShardWork::abandon);
  }

  private void serveSoon() {
    if (!servingSoon) {
      servingSoon = true;
      engine
          .loop()
          .execute(
              () -> {
                servingSoon = false;
                engine.budget().serve();
              });
    }
  }

  private void tell(WorkerEvent event) {
    engine.listener().accept(event);
  }

  /** What becomes of shards that stop by themselves. */
  private final class Shards implements ShardWork.Owner {
    @Override
    public void functionEnded(ShardWork work, String function, List<Shard> children) {
      tell(new WorkerEvent.ShardEnded(work.place().key(), function, children));
      coordinator.runnable(work.place().key(), children);
    }

    @Override
    public void ended(ShardWork work) {
      leave(work, "ended");
      coordinator.ended(work.place().key(), tokenOf(work));
      departIfEmpty();
    }

    @Override
    public void drained(ShardWork work) {
      var parting = partings.get(work);
      leave(work, parting == null ? "drained" : parting.reason());
      var key = work.place().key();
      if (parting == null) {
        coordinator.release(key, tokenOf(work));
      } else if (parting.remedy() == WorkerEvent.Remedy.RESTART) {
        coordinator.restart(key, tokenOf(work), parting.reason());
      } else {
        coordinator.giveUp(key, tokenOf(work), parting.reason());
      }
      departIfEmpty();
    }

    @Override
    public void fenced(ShardWork work, String by) {
      leave(work, "fenced by " + by);
      coordinator.giveUp(work.place().key(), tokenOf(work), "its progress is sealed by " + by);
      departIfEmpty();
    }

    @Override
    public void failed(ShardWork work, String function, Throwable cause) {
      tell(new WorkerEvent.ShardFailed(work.place().key(), function, cause));
      leave(work, "failed");
      coordinator.giveUp(
          work.place().key(),
          tokenOf(work),
          "function " + function + " failed with " + cause.getClass().getName());
      departIfEmpty();
    }

    private static LeaseToken tokenOf(ShardWork work) {
      return work.place().tenure().token();
    }

    private void leave(ShardWork work, String reason) {
      var parting = partings.remove(work);
      if (parting == null || parting.remedy() != WorkerEvent.Remedy.RESTART) {
        watchdog.left(work.place().key());
      }
      if (works.remove(work.place().key(), work)) {
        tell(new WorkerEvent.ShardStopped(work.place().key(), reason));
      }
    }
  }
}
