package io.headrace.function.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.function.FunctionRuntime.Running;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Operations;
import io.headrace.function.RetryPolicy;
import io.headrace.function.RuntimeListener;
import io.headrace.function.TerminalFailure;
import io.headrace.function.Unavailable;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.WorkerStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The account of each function balances at every moment of a random course: what is under way by
 * what was told is what the runs hold by their own count, whatever workers, shards, functions and
 * operators do.
 */
class AccountProperties {
  private static final long BASE = Long.getLong("headrace.accounts.base", 1);
  private static final long COUNT = Long.getLong("headrace.accounts.count", 8);
  private static final int STEPS = 60;

  /** Of all courses: what none of them came to is not tested. */
  private static final Map<String, Long> SEEN = new TreeMap<>();

  static LongStream seeds() {
    return LongStream.range(BASE, BASE + COUNT);
  }

  private record Member(Running running, HeadraceMetrics metrics, SimpleMeterRegistry registry) {}

  private static final class Course {
    final long seed;

    /** Without, keys that fail leave holes behind the position. */
    final boolean parks;

    final World world;
    final SplittableRandom random;
    final Map<String, Member> members = new LinkedHashMap<>();
    final List<Member> all = new ArrayList<>();
    final Set<Position> finished = new HashSet<>();
    boolean down;
    int started;
    int puts;
    int checks;
    long moods;
    private boolean asked;
    private boolean answered;

    Course(long seed) {
      this.seed = seed;
      this.world = new World(seed, 2);
      this.random = new SplittableRandom(seed);
      this.parks = seed % 2 == 0;
      world.loop.afterEachTask(this::look);
    }

    /** After each task but that of the look itself: else there would always be one more. */
    private void look() {
      if (asked) {
        asked = !answered;
        return;
      }
      var live = List.copyOf(members.values());
      if (live.isEmpty()) {
        return;
      }
      var member = live.get((int) (moods++ % live.size()));
      asked = true;
      answered = false;
      var unused =
          member
              .running()
              .status()
              .thenAccept(
                  status -> {
                    answered = true;
                    check(member, status);
                  });
    }

    private void check(Member member, WorkerStatus status) {
      checks++;
      for (var function : List.of("records", "batches")) {
        long held =
            status.shards().stream()
                .flatMap(shard -> shard.functions().stream())
                .filter(each -> each.function().equals(function))
                .mapToLong(each -> each.buffered() + each.inFlight())
                .sum();
        var account = member.metrics().account(function);
        assertThat(account.underWay())
            .as("seed %d at %s: %s of %s", seed, world.loop.now(), function, account)
            .isEqualTo(held);
      }
    }

    void start() {
      var name = "w" + ++started;
      var registry = new SimpleMeterRegistry();
      var metrics = HeadraceMetrics.in(registry);
      var running =
          world
              .worker(name, records(), batches())
              .observedBy(metrics)
              .observedBy(
                  new RuntimeListener() {
                    @Override
                    public void on(Object event) {
                      if (event instanceof WorkerEvent.Settled settled
                          && settled.function().equals("records")) {
                        finished.add(settled.position());
                      }
                    }
                  })
              .start();
      var member = new Member(running, metrics, registry);
      members.put(name, member);
      all.add(member);
    }

    private FunctionSpec<String, String> records() {
      var retry = RetryPolicy.upTo(3).backingOff(Duration.ofMillis(50), Duration.ofSeconds(1));
      return World.reading("records")
          .inFlight(16)
          .retrying(parks ? retry : retry.parkingNoKeys())
          .handledBy(() -> (event, out) -> mood(event.value()), Destination.nowhere());
    }

    private FunctionSpec<String, String> batches() {
      return World.reading("batches")
          .batching(7, Duration.ofMillis(300))
          .retrying(RetryPolicy.upTo(2).backingOff(Duration.ofMillis(50), Duration.ofSeconds(1)))
          .handledInBatchesBy(
              () -> batch -> batch.forEach(event -> mood(event.value())), Destination.nowhere());
    }

    private void mood(String value) {
      if (down) {
        throw new Unavailable("crm", Duration.ofSeconds(1), null);
      }
      int kind = Integer.parseInt(value) % 20;
      if (kind == 0) {
        throw new TerminalFailure("Bad", "no");
      }
      if (kind == 1 || random.nextInt(10) == 0) {
        throw new IllegalStateException("fails");
      }
    }

    void step() {
      switch (random.nextInt(14)) {
        case 0 -> {
          if (members.size() < 3) {
            start();
          }
        }
        case 1 -> {
          if (members.size() > 1) {
            take().running().crash();
          }
        }
        case 2 -> {
          if (members.size() > 1) {
            var unused = take().running().stop();
          }
        }
        case 3 -> {
          if (world.in.openShards().size() < 5) {
            var open = world.in.openShards();
            var unused = world.in.split(open.get(random.nextInt(open.size())).id());
          }
        }
        case 4 -> down = !down;
        case 5 -> {
          var unused = order();
        }
        default -> {
          int count = random.nextInt(40);
          for (int i = 0; i < count; i++) {
            world.put("k" + random.nextInt(12), Integer.toString(puts++));
          }
        }
      }
      world.loop.advance(Duration.ofMillis(random.nextInt(4_000)));
    }

    private java.util.concurrent.CompletionStage<?> order() {
      var operations =
          new Operations(
              "app",
              List.of(records(), batches()),
              world.leases,
              world.checkpoints.operator(),
              world.loop,
              random,
              "a test");
      var function = random.nextBoolean() ? "records" : "batches";
      var target = Operations.Target.of(function);
      return switch (random.nextInt(4)) {
        case 0 -> operations.pause(target, "tired");
        case 1 -> operations.resume(target, "rested");
        case 2 ->
            operations.pause(
                new Operations.Target(
                    function, Optional.empty(), Optional.of("k" + random.nextInt(12))),
                "strange");
        default -> operations.seek(target, StartingPosition.TRIM_HORIZON, false, "again");
      };
    }

    private Member take() {
      var names = List.copyOf(members.keySet());
      return members.remove(names.get(random.nextInt(names.size())));
    }
  }

  @AfterAll
  static void every_kind_of_entry_was_made() {
    assertThat(SEEN)
        .allSatisfy(
            (entry, count) -> {
              boolean never = entry.matches("FILTERED|SKIPPED|DROPPED_AS_MISROUTED");
              assertThat(count > 0 || never).as(entry).isTrue();
            });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void the_account_balances_at_every_moment(long seed) {
    var course = new Course(seed);
    course.start();
    for (int i = 0; i < STEPS; i++) {
      course.step();
    }

    assertThat(course.checks).as("seed %d", seed).isGreaterThan(STEPS * 20);
    for (var member : course.all) {
      for (var function : List.of("records", "batches")) {
        var account = member.metrics().account(function);
        assertThat(account.underWay()).as("seed %d: %s", seed, account).isNotNegative();
        assertThat(World.value(member.registry(), "headrace.account.off", "function", function))
            .as("seed %d", seed)
            .isZero();
      }
    }
    for (var member : course.all) {
      var account = member.metrics().account("records");
      SEEN.merge("given back", account.givenBack(), Long::sum);
      SEEN.merge("found done", account.foundDone(), Long::sum);
      account
          .settled()
          .forEach((outcome, count) -> SEEN.merge(outcome.toString(), count, Long::sum));
    }
    long settled =
        course.all.stream()
            .map(member -> member.metrics().account("records"))
            .mapToLong(
                account -> account.settled().values().stream().mapToLong(Long::longValue).sum())
            .sum();
    assertThat(settled).as("seed %d", seed).isGreaterThanOrEqualTo(course.finished.size());
    assertThat(course.all.get(0).metrics().account("records").settled())
        .as("seed %d", seed)
        .containsKeys(Outcome.HANDLED);
  }
}
