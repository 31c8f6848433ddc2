package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * Workers under random puts, splits, merges and faults of every kind; the seed decides all. What is
 * checked all the time: committed positions never go back, each key's records follow each other
 * without gap, swap or repetition on top of the state that was committed with them.
 */
class WorkerProperties {
  private static final String[] FUNCTIONS = {"alarms", "audit"};
  private static final int STEPS = 60;

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void loses_nothing_and_keeps_order_whatever_happens(@ForAll long seed) {
    run(seed);
  }

  @Property(tries = 3, shrinking = ShrinkingMode.OFF)
  void takes_the_same_course_for_the_same_seed(@ForAll long seed) {
    assertThat(run(seed)).isEqualTo(run(seed));
  }

  private static List<String> run(long seed) {
    var course = new Course(seed);
    try {
      for (int i = 0; i < STEPS; i++) {
        course.step();
      }
      course.heal();
      course.check();
    } catch (RuntimeException | AssertionError failed) {
      throw new AssertionError("seed " + seed + ": " + failed.getMessage(), failed);
    }
    return course.engine.events.stream().map(Object::toString).toList();
  }

  private static final class Course {
    private final SplittableRandom random;
    private final EngineHarness engine;
    private final FlakyStream flaky;
    private final List<Worker> workers = new ArrayList<>();
    private int started;

    Course(long seed) {
      random = new SplittableRandom(seed);
      engine = new EngineHarness(seed, 1 + random.nextInt(3));
      flaky = new FlakyStream(engine.stream);
      engine.read = flaky;
      engine.settings = new WorkerSettings(30_000, 3_000, 8_000, Duration.ofSeconds(2));
      engine.limits =
          new BatchLimits(1 + random.nextInt(20), Duration.ofMillis(random.nextInt(200)));
      engine.inFlightMax = 1 + random.nextInt(40);
      for (var function : FUNCTIONS) {
        engine.function(function).takes = record -> Duration.ofMillis(random.nextInt(60));
      }
      start();
      start();
    }

    void step() {
      int die = random.nextInt(100);
      if (die < 40) {
        engine.put(random.nextInt(120), 1 + random.nextInt(25));
      } else if (die < 45) {
        split();
      } else if (die < 50) {
        merge();
      } else if (die < 56) {
        engine.progress.outOfReach(random.nextBoolean());
      } else if (die < 62) {
        flaky.failure = random.nextBoolean() ? StreamException.Kind.RETRYABLE : null;
      } else if (die < 76) {
        disturbLease(die);
      } else if (die < 80) {
        breakHandler();
      } else if (die < 84) {
        engine.function(FUNCTIONS[random.nextInt(2)]).restoreFails = random.nextBoolean();
      } else if (die < 90) {
        replace(die < 87);
      } else if (die < 92) {
        flaky.silent = random.nextBoolean();
      }
      engine.advance(Duration.ofMillis(random.nextInt(1_500)));
    }

    private void split() {
      var open = engine.stream.openShards();
      if (open.size() < 6) {
        engine.stream.split(open.get(random.nextInt(open.size())).id());
      }
    }

    private void merge() {
      var open =
          engine.stream.openShards().stream()
              .sorted((a, b) -> a.range().first().compareTo(b.range().first()))
              .toList();
      if (open.size() > 1) {
        int left = random.nextInt(open.size() - 1);
        engine.stream.merge(open.get(left).id(), open.get(left + 1).id());
      }
    }

    private void disturbLease(int die) {
      var owned = engine.fleet.owned();
      if (owned.isEmpty()) {
        return;
      }
      var key = owned.get(random.nextInt(owned.size()));
      switch (die % 4) {
        case 0 -> engine.fleet.lose(key);
        case 1 -> engine.fleet.loseSilently(key, Duration.ofMillis(random.nextInt(800)));
        case 2 -> engine.fleet.want(key);
        default -> engine.fleet.doubt(key, random.nextBoolean());
      }
    }

    private void breakHandler() {
      var open = engine.function(FUNCTIONS[random.nextInt(2)]).open;
      if (!open.isEmpty()) {
        var handler = open.get(random.nextInt(open.size()));
        engine.loop.execute(
            () -> handler.context.outcomes().failed(new IllegalStateException("planted")));
      }
    }

    private void replace(boolean kill) {
      var worker = workers.remove(random.nextInt(workers.size()));
      if (kill) {
        worker.kill();
      } else {
        var stopped = worker.stop(Duration.ofMillis(random.nextInt(3_000)));
        assertThat(stopped).isNotNull();
      }
      start();
    }

    private void start() {
      workers.add(engine.worker("w" + started++, FUNCTIONS));
    }

    void heal() {
      engine.progress.outOfReach(false);
      flaky.failure = null;
      flaky.silent = false;
      for (var function : FUNCTIONS) {
        engine.function(function).restoreFails = false;
      }
      engine.fleet.owned().forEach(key -> engine.fleet.doubt(key, false));
      engine.seconds(120);
    }

    void check() {
      for (var function : FUNCTIONS) {
        assertThat(engine.function(function).faults).isEmpty();
        assertThat(engine.function(function).firstDeliveries()).isEqualTo(engine.expected());
        assertThat(engine.function(function).inFlight).isZero();
        assertThat(committedState(function)).isEqualTo(engine.put);
      }
      for (var worker : workers) {
        var status = engine.status(worker);
        // An idle reader has asked for its floor and holds nothing.
        assertThat(status.bytesInFlight()).isLessThanOrEqualTo(30_000);
        assertThat(status.shards()).allSatisfy(s -> assertThat(s.bytesInFlight()).isZero());
      }
    }

    private Map<String, Integer> committedState(String function) {
      var state = new TreeMap<String, Integer>();
      for (var shard : engine.stream.openShards()) {
        var parts = engine.progress.parts(engine.key(shard), function);
        state.putAll(FoldingHandlers.decode(parts));
        var inherited = engine.progress.inherited(engine.key(shard), function);
        for (var part : inherited) {
          FoldingHandlers.decode(part)
              .forEach(
                  (key, number) -> {
                    if (shard.range().holds(key)) {
                      state.merge(key, number, Math::max);
                    }
                  });
        }
      }
      return state;
    }
  }
}
