package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random courses of failing keys, crashes, splits and merges; failures print their seed. */
class ParkedKeysProperties {
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);
  private static final HashRange LOWER =
      new HashRange(BigInteger.ZERO, HALF.subtract(BigInteger.ONE));
  private static final HashRange UPPER = new HashRange(HALF, HashRange.ALL.last());

  @Property(tries = 120)
  void every_record_changes_the_state_of_its_key_once_and_in_order(@ForAll long seed) {
    new Course(seed).run();
  }

  /** One course: the shards that live, what was put, and which keys fail at present. */
  private static final class Course {
    private final long seed;
    private final SplittableRandom random;
    private final CountingChunks chunks = new CountingChunks();
    private final Set<String> broken = new HashSet<>();
    private final Set<String> running = new HashSet<>();
    private final Map<String, StringBuilder> expected = new HashMap<>();
    private final List<Rig> ended = new ArrayList<>();
    private List<Rig> live;
    private int shards;
    private int number;

    Course(long seed) {
      this.seed = seed;
      this.random = new SplittableRandom(seed);
      var parking =
          new KeyParking(
              Duration.ofMillis(500 + random.nextInt(1_500)),
              1 + random.nextInt(8),
              1 << 10,
              1 + random.nextInt(4),
              2_000 + random.nextInt(20_000));
      var spec =
          Rig.reading()
              .inFlight(8 + random.nextInt(100))
              .retrying(
                  RetryPolicy.forever()
                      .backingOff(Duration.ofMillis(20), Duration.ofMillis(300))
                      .parkingKeys(parking))
              .keyedBy(Keys.partitionKey(), new Texts())
              .handledBy(() -> new Remembering(), Destination.<String>nowhere());
      var root = new Rig(seed, spec).withSlowPool(5);
      root.chunks = chunks;
      live = List.of(root.start().restore());
    }

    void run() {
      int steps = 20 + random.nextInt(60);
      for (int step = 0; step < steps; step++) {
        act();
      }
      chunks.down = false;
      broken.clear();
      live.forEach(this::finish);
      for (var key : expected.keySet()) {
        assertThat(of(key).stateOf(key))
            .as("seed %s, key %s", seed, key)
            .contains(expected.get(key).toString());
      }
      checkThatAllIsTold();
    }

    private void act() {
      int what = random.nextInt(100);
      if (what < 45) {
        put();
      } else if (what < 65) {
        live.forEach(rig -> rig.advance(random.nextInt(1_500)));
      } else if (what < 75) {
        toggle();
      } else if (what < 85) {
        live.get(random.nextInt(live.size())).commit();
      } else if (what < 93) {
        chunks.down = false; // Else the engine would try to restore again and again.
        live.get(random.nextInt(live.size())).crash();
      } else if (what < 96) {
        chunks.down = !chunks.down && random.nextBoolean();
      } else {
        chunks.down = false;
        reshard();
      }
    }

    private void put() {
      var key = "k" + random.nextInt(6);
      for (int left = 1 + random.nextInt(6); left > 0; left--) {
        of(key).put(key, number + " ");
        expected.computeIfAbsent(key, first -> new StringBuilder()).append(number++).append(' ');
      }
    }

    private void toggle() {
      var key = "k" + random.nextInt(6);
      if (!broken.remove(key)) {
        broken.add(key);
      }
    }

    private Rig of(String key) {
      return live.stream()
          .filter(rig -> rig.shard.range().holds(key))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no shard for " + key));
    }

    private void reshard() {
      live.forEach(this::end);
      ended.addAll(live);
      if (live.size() == 1) {
        var parent = live.get(0);
        live = List.of(child(LOWER, parent), child(UPPER, parent));
      } else {
        live = List.of(child(HashRange.ALL, live.get(0), live.get(1)));
      }
    }

    private Rig child(HashRange range, Rig... parents) {
      shards++;
      return parents[0]
          .child("shardId-00000000000" + shards % 10 + shards, range, parents)
          .withSlowPool(5);
    }

    /** A shard ends when every record is finished or parked. */
    private void end(Rig rig) {
      for (int i = 0; i < 60 && rig.settled.size() < rig.records.size(); i++) {
        rig.advance(500);
      }
      if (rig.settled.size() < rig.records.size()) {
        var before = Set.copyOf(broken);
        broken.clear();
        finish(rig);
        broken.addAll(before);
      }
      rig.loop.execute(rig.handler()::abandon);
      rig.loop.runUntilIdle();
    }

    private void finish(Rig rig) {
      boolean done = false;
      for (int i = 0; i < 600 && !done; i++) {
        boolean allTold = rig.settled.size() == rig.records.size();
        rig.commit();
        rig.advance(500);
        done = allTold && !isParking(rig);
      }
      assertThat(rig.failed).as("seed %s", seed).isNull();
      assertThat(rig.settled).as("seed %s", seed).hasSameSizeAs(rig.records);
      assertThat(isParking(rig)).as("seed %s", seed).isFalse();
    }

    /** As the last commit has it. */
    private static boolean isParking(Rig rig) {
      return rig.commit.parts().stream()
          .anyMatch(parts -> parts.parts().containsKey(KeyedHandler.PARKED));
    }

    /** Each record is told once as what became of it, or as parked, and then as both. */
    private void checkThatAllIsTold() {
      var all = new ArrayList<>(ended);
      all.addAll(live);
      var parked = new HashSet<String>();
      var told = new HashSet<String>();
      for (var rig : all) {
        rig.settled.forEach(
            (position, outcome) -> {
              if (outcome == Outcome.PARKED) {
                parked.add(idOf(rig, position));
              }
            });
        rig.events(FunctionEvent.ParkedSettled.class).forEach(each -> told.add(each.id()));
      }
      assertThat(told).as("seed %s", seed).containsAll(parked);
    }

    private static String idOf(Rig rig, Position position) {
      return Decoder.id(rig.shardKey(), position).toString();
    }

    private final class Remembering implements KeyedFunction<String, String, String> {
      @Override
      public String initial(String key) {
        return "";
      }

      @Override
      public Next<String> handle(String state, Event<String> event, Output<String> out) {
        assertThat(running.add(event.partitionKey())).as("seed %s", seed).isTrue();
        running.remove(event.partitionKey());
        if (broken.contains(event.partitionKey())) {
          throw new IllegalStateException("broken");
        }
        return Next.state(state + event.value());
      }
    }
  }
}
