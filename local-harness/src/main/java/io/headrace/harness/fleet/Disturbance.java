package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Weather.Mishap;
import io.headrace.harness.fleet.Weather.Service;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.LeaseRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What may happen to a simulated fleet from outside. Which kinds a course has is drawn from its
 * seed, so that courses with few kinds go deep into them.
 */
enum Disturbance {
  JOIN((world, random) -> join(world, random)),
  LEAVE((world, random) -> any(world, random, SimulatedProcess::leave)),
  KILL((world, random) -> any(world, random, SimulatedProcess::kill)),
  KILL_AND_RESTART(
      (world, random) ->
          any(
              world,
              random,
              process -> {
                process.kill();
                world.start(process.id());
              })),
  ROLL(
      (world, random) ->
          any(
              world,
              random,
              process -> {
                process.leave();
                later(world, upTo(random, 4_000), () -> startOnce(world, process.id()));
              })),
  TWIN((world, random) -> any(world, random, process -> world.start(process.id()))),
  PAUSE(
      (world, random) ->
          any(
              world,
              random,
              process -> {
                process.pause();
                later(world, ofLease(world, random, 300), process::goOn);
              })),
  SUSPEND(
      (world, random) ->
          any(
              world,
              random,
              process -> {
                process.suspend();
                later(world, ofLease(world, random, 300), process::goOn);
              })),
  HANG_WORKER_LOOP(
      (world, random) ->
          any(
              world,
              random,
              process -> {
                process.hangWorkerLoop();
                later(world, ofLease(world, random, 300), process::goOn);
              })),
  HANG_LEASE_LOOP(
      (world, random) ->
          any(
              world,
              random,
              process -> {
                process.hangLeaseLoop();
                later(world, ofLease(world, random, 250), process::goOn);
              })),
  WALL_CLOCK_JUMPS(
      (world, random) ->
          any(
              world,
              random,
              process ->
                  process.clock().setWallWrongBy(Duration.ofSeconds(random.nextInt(-600, 600))))),
  LOSSY_NETWORK(
      (world, random) ->
          weather(
              world,
              random,
              weather -> {
                weather.percent(Mishap.LOST, random.nextInt(25));
                weather.percent(Mishap.ANSWER_LOST, random.nextInt(25));
              })),
  LATE_REQUESTS(
      (world, random) ->
          weather(
              world,
              random,
              weather -> {
                weather.percent(Mishap.LATE, random.nextInt(20));
                weather.percent(Mishap.TWICE, random.nextInt(30));
              })),
  STALE_READS(
      (world, random) ->
          weather(world, random, weather -> weather.percent(Mishap.STALE, random.nextInt(70)))),
  THROTTLING(
      (world, random) ->
          weather(world, random, weather -> weather.percent(Mishap.THROTTLED, random.nextInt(60)))),
  SLOW_NETWORK(
      (world, random) ->
          weather(
              world,
              random,
              weather -> weather.slowBy(1 << random.nextInt(10), 1 << random.nextInt(11)))),
  SLOW_LEASE_TABLE(
      (world, random) ->
          weather(
              world,
              random,
              weather ->
                  weather.slowBy(
                      Service.LEASES,
                      1 + millisOfLease(world, random, 40),
                      1 + millisOfLease(world, random, 80)))),
  JOIN_AT_A_SLOW_TABLE((world, random) -> joinAtSlowTable(world, random)),
  SILENT_AT_A_SLOW_TABLE(
      (world, random) -> any(world, random, process -> silentAtSlowTable(world, random, process))),
  HEART_STOPS_AT_SLOW_ANSWERS(
      (world, random) -> any(world, random, process -> heartStops(world, random, process))),
  SERVICE_DOWN(
      (world, random) -> {
        var service = service(random);
        world.living().forEach(process -> process.weather().down(service, true));
        later(
            world,
            ofLease(world, random, 200),
            () -> world.living().forEach(process -> process.weather().down(service, false)));
      }),
  CUT_OFF(
      (world, random) ->
          any(
              world,
              random,
              process -> {
                var service = service(random);
                process.weather().cut(service, true);
                later(
                    world,
                    ofLease(world, random, 250),
                    () -> process.weather().cut(service, false));
              })),
  SPLIT((world, random) -> split(world, random)),
  MERGE((world, random) -> merge(world, random)),
  SPLIT_UNDER_LOAD((world, random) -> splitUnderLoad(world, random)),
  FUNCTION_FAILS(
      (world, random) -> {
        world.mood().failing(random.nextInt(70));
        later(world, upTo(random, 8_000), () -> world.mood().failing(0));
      }),
  FUNCTION_SLOW((world, random) -> world.mood().slow(1 + random.nextInt(1_500))),
  FUNCTION_STUCK(
      (world, random) -> {
        world.mood().stuck(random.nextInt(30), ofLease(world, random, 250));
        later(world, upTo(random, 5_000), () -> world.mood().stuck(0, Duration.ZERO));
      }),
  FUNCTION_HANGS(
      (world, random) -> {
        world.mood().hanging(random.nextInt(20));
        later(world, upTo(random, 5_000), () -> world.mood().hanging(0));
      }),
  POOLS_BUSY(
      (world, random) -> {
        world.mood().poolsBusy(random.nextInt(60), ofLease(world, random, 200));
        later(world, upTo(random, 15_000), () -> world.mood().poolsBusy(0, Duration.ZERO));
      }),
  SINK_DOWN(
      (world, random) -> {
        world.mood().sinkFailing(random.nextInt(100));
        later(world, upTo(random, 5_000), () -> world.mood().sinkFailing(0));
      }),
  TRIM((world, random) -> Retention.strike(world, random)),
  OPERATOR_PAUSES(
      (world, random) -> {
        var function = function(world, random);
        var shard =
            random.nextBoolean()
                ? Optional.of(anyShard(world, function, random))
                : Optional.<ShardKey>empty();
        world.operator().pause(function, shard, Optional.empty());
        later(
            world,
            upTo(random, 15_000),
            () -> world.operator().resume(function, shard, Optional.empty()));
      }),
  OPERATOR_PAUSES_A_KEY(
      (world, random) -> {
        var function = function(world, random);
        var all = world.feedOf(function).puts().all();
        if (!all.isEmpty()) {
          var key = Optional.of(keyOf(world, all.get(random.nextInt(all.size()))));
          world.operator().pause(function, Optional.empty(), key);
          later(
              world,
              upTo(random, 15_000),
              () -> world.operator().resume(function, Optional.empty(), key));
        }
      }),
  OPERATOR_SKIPS(
      (world, random) -> {
        if (hasAlarms(world) && !world.feedOf(ProbeFunctions.ALARMS).puts().all().isEmpty()) {
          var all = world.feedOf(ProbeFunctions.ALARMS).puts().all();
          // Mostly one that is still to be handled, or is just being handled.
          var put = all.get(all.size() - 1 - random.nextInt(Math.min(all.size(), 20)));
          world.operator().skip(ProbeFunctions.ALARMS, put, random.nextBoolean());
        }
      }),
  OPERATOR_SEEKS_IN_PLACE(
      (world, random) -> {
        if (hasAlarms(world)) {
          var shard = anyShard(world, ProbeFunctions.ALARMS, random);
          world.operator().seekInPlace(ProbeFunctions.ALARMS, shard);
        }
      }),
  KEY_FAILS(
      (world, random) -> {
        var key = "k" + random.nextInt(world.plan().keys());
        world.mood().failing(key, true);
        later(world, upTo(random, 15_000), () -> world.mood().failing(key, false));
      });

  private static final int SHARDS_MAX = 8;

  /** About how long a giver waits before it takes back. */
  private static final int ACKNOWLEDGED_MILLIS = 2_000;

  private static final List<Service> SERVICES = List.of(Service.values());

  @SuppressWarnings("ImmutableEnumChecker") // all of them are lambdas that hold nothing
  private final BiConsumer<FleetWorld, SplittableRandom> how;

  Disturbance(BiConsumer<FleetWorld, SplittableRandom> how) {
    this.how = how;
  }

  void strike(FleetWorld world, SplittableRandom random) {
    how.accept(world, random);
  }

  private static String function(FleetWorld world, SplittableRandom random) {
    var functions = world.workload().functions(world.plan());
    return functions.get(random.nextInt(functions.size()));
  }

  /** Nobody pauses the keys of marks. */
  private static String keyOf(FleetWorld world, Puts.Put put) {
    return put.fate() == ProbeRecord.Fate.CARRIED
        ? "k" + put.place() % world.plan().keys()
        : put.key();
  }

  private static boolean hasAlarms(FleetWorld world) {
    return world.workload().functions(world.plan()).contains(ProbeFunctions.ALARMS);
  }

  /** An open one that the function reads. */
  private static ShardKey anyShard(FleetWorld world, String function, SplittableRandom random) {
    var feed = world.feedOf(function);
    var open = feed.stream().openShards();
    return feed.key(open.get(random.nextInt(open.size())).id());
  }

  private static void join(FleetWorld world, SplittableRandom random) {
    if (world.living().size() < world.plan().workersMax()) {
      startOnce(world, "w" + random.nextInt(world.plan().workersMax() + 2));
    }
  }

  /**
   * Leases change hands while writes take about as long as a giver waits for the acknowledgement:
   * taken back and acknowledged at once.
   */
  private static void joinAtSlowTable(FleetWorld world, SplittableRandom random) {
    int before = world.living().size();
    join(world, random);
    if (world.living().size() == before) {
      any(world, random, SimulatedProcess::leave);
    }
    var slow = random.split();
    if (random.nextBoolean()) {
      world.leases().tellsHandOvers(row -> slowAcknowledgement(world, row));
    } else {
      later(world, ofLease(world, random, 50), () -> slowForMost(world, slow));
    }
    later(
        world,
        world.plan().leaseTime().multipliedBy(4),
        () -> {
          world.leases().tellsHandOvers(row -> {});
          slowTable(world, 0);
        });
  }

  /** The taker's look and its acknowledgement take as long as the giver waits, both together. */
  private static void slowAcknowledgement(FleetWorld world, LeaseRow row) {
    var taker = row.owner();
    var giver = row.from();
    if (taker != null && giver != null && !world.isCalm()) {
      slowTable(world, isOf(taker), ACKNOWLEDGED_MILLIS);
      later(
          world,
          Duration.ofMillis(ACKNOWLEDGED_MILLIS),
          () -> slowTable(world, isOf(giver), ACKNOWLEDGED_MILLIS / 2));
    }
  }

  /** Those who give are quicker than those who take, or the reverse. */
  private static void slowForMost(FleetWorld world, SplittableRandom random) {
    if (!world.isCalm()) {
      for (var process : world.living()) {
        int millis =
            random.nextInt(3) == 0
                ? random.nextInt(ACKNOWLEDGED_MILLIS / 3)
                : ACKNOWLEDGED_MILLIS / 2 + random.nextInt(ACKNOWLEDGED_MILLIS * 3 / 2);
        process.weather().slowBy(Service.LEASES, millis, 0);
      }
    }
  }

  /**
   * A worker is silent for about as long as one is buried for, while what others write takes its
   * time: it is heard again while its burial is under way.
   */
  private static void silentAtSlowTable(
      FleetWorld world, SplittableRandom random, SimulatedProcess process) {
    int slow = 1 + millisOfLease(world, random, 30);
    world.living().stream()
        .filter(other -> other != process)
        .forEach(other -> other.weather().slowBy(Service.LEASES, slow, 0));
    process.weather().cut(Service.LEASES, true);
    var silence = world.plan().leaseTime().multipliedBy(90 + random.nextInt(40)).dividedBy(100);
    later(world, silence, () -> process.weather().cut(Service.LEASES, false));
    later(world, world.plan().leaseTime().multipliedBy(3), () -> slowTable(world, 0));
  }

  private static Predicate<SimulatedProcess> isOf(Incarnation worker) {
    return process -> process.id().equals(worker.workerId());
  }

  private static void slowTable(FleetWorld world, int outMillis) {
    slowTable(world, process -> true, outMillis);
  }

  private static void slowTable(
      FleetWorld world, Predicate<SimulatedProcess> whose, int outMillis) {
    if (!world.isCalm()) {
      world.living().stream()
          .filter(whose)
          .forEach(process -> process.weather().slowBy(Service.LEASES, outMillis, 0));
    }
  }

  /** Unless a process of that id lives. */
  private static void startOnce(FleetWorld world, String id) {
    if (world.active().stream().noneMatch(process -> process.id().equals(id))) {
      world.start(id);
    }
  }

  private static void any(
      FleetWorld world, SplittableRandom random, Consumer<SimulatedProcess> what) {
    var active = world.active();
    if (!active.isEmpty()) {
      what.accept(active.get(random.nextInt(active.size())));
    }
  }

  /** The weather of one process, or of all. */
  private static void weather(FleetWorld world, SplittableRandom random, Consumer<Weather> change) {
    if (random.nextBoolean()) {
      any(world, random, process -> change.accept(process.weather()));
    } else {
      world.living().forEach(process -> change.accept(process.weather()));
    }
  }

  private static Service service(SplittableRandom random) {
    return SERVICES.get(random.nextInt(SERVICES.size()));
  }

  /**
   * Answers of the lease table alone are slow, and then no heartbeat is sent any more: the worst
   * case for who counts a lease from the answer, since all else goes on at full speed.
   */
  private static void heartStops(
      FleetWorld world, SplittableRandom random, SimulatedProcess process) {
    int slow = millisOfLease(world, random, 150);
    process.weather().slowBy(Service.LEASES, 0, 1 + slow);
    var answered = world.plan().leaseTime().dividedBy(2).plusMillis(slow);
    later(
        world,
        answered,
        () -> {
          if (world.isCalm()) {
            return;
          }
          process.hangLeaseLoop();
          later(
              world,
              ofLease(world, random, 100).plus(world.plan().leaseTime()),
              () -> {
                process.goOn();
                process.weather().slowBy(Service.LEASES, 0, 0);
              });
        });
  }

  /** One of the streams; nothing is drawn where there is only one. */
  static Feed feed(FleetWorld world, SplittableRandom random) {
    var feeds = world.feeds();
    return feeds.get(feeds.size() == 1 ? 0 : random.nextInt(feeds.size()));
  }

  /**
   * A shard ends while its calls take long, and for a while nothing of what they do can be stored:
   * the functions finish and end it with commits that fail, and are asked to leave it meanwhile.
   */
  private static void splitUnderLoad(FleetWorld world, SplittableRandom random) {
    world.mood().slow(1_000 + random.nextInt(2_000));
    later(world, upTo(random, 8_000), () -> world.mood().slow(50));
    split(world, random);
    var from = upTo(random, 1_500);
    later(world, from, () -> progressDown(world, true));
    later(world, from.plus(ofLease(world, random, 150)), () -> progressDown(world, false));
  }

  private static void progressDown(FleetWorld world, boolean now) {
    if (!world.isCalm()) {
      world.living().forEach(process -> process.weather().down(Service.PROGRESS, now));
    }
  }

  private static void split(FleetWorld world, SplittableRandom random) {
    var feed = feed(world, random);
    var open = feed.stream().openShards();
    if (open.size() < SHARDS_MAX) {
      feed.puts().split(open.get(random.nextInt(open.size())).id());
      feed.listing().remember();
      world.trace().tell("world", "splits a shard");
    }
  }

  private static void merge(FleetWorld world, SplittableRandom random) {
    var feed = feed(world, random);
    var open =
        feed.stream().openShards().stream()
            .sorted(Comparator.comparing(shard -> shard.range().first()))
            .toList();
    if (open.size() > 1) {
      int left = random.nextInt(open.size() - 1);
      feed.puts().merge(open.get(left).id(), open.get(left + 1).id());
      feed.listing().remember();
      world.trace().tell("world", "merges two shards");
    }
  }

  private static Duration upTo(SplittableRandom random, int millis) {
    return Duration.ofMillis(random.nextInt(millis));
  }

  private static Duration ofLease(FleetWorld world, SplittableRandom random, int percentMax) {
    return world.plan().leaseTime().multipliedBy(1 + random.nextInt(percentMax)).dividedBy(100);
  }

  private static int millisOfLease(FleetWorld world, SplittableRandom random, int percentMax) {
    return (int) ofLease(world, random, percentMax).toMillis();
  }

  private static void later(FleetWorld world, Duration delay, Runnable task) {
    var unused = world.loop().schedule(delay, task);
  }

  /** Few kinds in half of the courses: they go deep. Many in the others: they meet each other. */
  static List<Disturbance> drawnBy(SplittableRandom random) {
    boolean few = random.nextBoolean();
    int percent = few ? 14 : 20 + random.nextInt(60);
    var drawn = new ArrayList<Disturbance>();
    for (var kind : values()) {
      if (random.nextInt(100) < percent) {
        drawn.add(kind);
      }
    }
    return drawn.isEmpty() ? List.of(KILL) : drawn;
  }
}
