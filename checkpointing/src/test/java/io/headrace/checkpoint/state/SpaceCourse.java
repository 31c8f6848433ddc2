package io.headrace.checkpoint.state;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.SimulatedLoop;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * A random course of shards' state: changes, commits that stand, fail or are not heard of, crashes
 * between chunks and commit, former owners that go on, splits and merges, over a store that is
 * slow, out of order and fails. After each step what is read equals a plain map.
 */
final class SpaceCourse {
  private static final EntryKind[] KINDS = {
    EntryKind.STATE, EntryKind.WINDOW, EntryKind.TIMER, EntryKind.OUTBOX
  };

  private final SplittableRandom random;
  private final SimulatedLoop loop;
  private final UnsteadyChunks chunks;
  private final StateCache cache;
  private final StateRules rules;
  private final Executor background;
  private final List<SpaceRun> runs = new ArrayList<>();
  private final List<SpaceRun> zombies = new ArrayList<>();
  private final int keys;
  private int shards;

  SpaceCourse(long seed, StateRules rules) {
    random = new SplittableRandom(seed);
    loop = new SimulatedLoop(seed);
    chunks = new UnsteadyChunks(loop, random);
    cache = new StateCache(random.nextBoolean() ? 0 : random.nextInt(200_000));
    this.rules = rules;
    background = random.nextBoolean() ? loop : this::soon;
    keys = random.nextBoolean() ? 40 : 400;
    open(HashRange.ALL, new SpaceRun.Commit(List.of(), Map.of()));
  }

  private void soon(Runnable task) {
    var unused = loop.schedule(Duration.ofMillis(random.nextInt(5)), task);
  }

  private SpaceRun open(HashRange range, SpaceRun.Commit commit) {
    var run =
        new SpaceRun("shard-" + ++shards, range, loop, chunks, cache, rules, background, commit);
    runs.add(run.restart());
    return run;
  }

  void go(int steps) {
    fill();
    chunks.failuresInHundred = random.nextBoolean() ? 0 : random.nextInt(4);
    chunks.millisMax = random.nextBoolean() ? 0 : random.nextInt(20);
    for (int i = 0; i < steps; i++) {
      step(runs.get(random.nextInt(runs.size())));
    }
    chunks.failuresInHundred = 0;
    for (var run : List.copyOf(runs)) {
      run.commit();
      run.restart();
      checkAll(run);
    }
  }

  private void fill() {
    for (int i = 0; i < keys; i++) {
      var run = runs.get(0);
      run.put(key(i, EntryKind.STATE), value());
    }
    runs.get(0).commit();
  }

  private void step(SpaceRun run) {
    switch (random.nextInt(24)) {
      case 0, 1, 2, 3, 4, 5 -> change(run, 1 + random.nextInt(12));
      case 6, 7, 8 -> read(run);
      case 9, 10, 11, 12, 13, 14, 15 -> {
        // Few changes ride on a root that is stored, many take one of their own.
        change(run, random.nextBoolean() ? 20 : 2);
        run.commit();
      }
      case 16 -> run.restart();
      case 17 -> {
        // The chunks are stored, the commit is not.
        var unused = run.snapshot();
        run.restart();
      }
      case 18 -> {
        // The commit stands, and nobody heard of it.
        run.commit = run.snapshot();
        run.restart();
      }
      case 19 -> {
        // The commit failed, and the next one is another.
        var unused = run.snapshot();
      }
      case 20 -> loop.advance(Duration.ofMillis(random.nextInt(100)));
      case 21 -> leaveZombie(run);
      case 22 -> split(run);
      default -> merge();
    }
    haunt();
  }

  private void change(SpaceRun run, int count) {
    for (int i = 0; i < count; i++) {
      var key = key(random.nextInt(keys), KINDS[random.nextInt(KINDS.length)]);
      if (!key.isIn(run.range)) {
        continue;
      }
      if (random.nextInt(3) == 0) {
        run.remove(key);
      } else {
        run.put(key, value());
      }
    }
  }

  private void read(SpaceRun run) {
    for (int i = 0; i < 10; i++) {
      var key = key(random.nextInt(keys), KINDS[random.nextInt(KINDS.length)]);
      if (key.isIn(run.range)) {
        run.check(key);
      }
    }
    run.checkResident(EntryKind.TIMER);
  }

  private void checkAll(SpaceRun run) {
    for (int i = 0; i < keys; i++) {
      for (var kind : KINDS) {
        var key = key(i, kind);
        if (key.isIn(run.range)) {
          run.check(key);
        }
      }
    }
    run.checkResident(EntryKind.OUTBOX);
  }

  /** A former owner that does not know it yet. */
  private void leaveZombie(SpaceRun run) {
    if (zombies.size() < 2) {
      var zombie =
          new SpaceRun(run.shard, run.range, loop, chunks, cache, rules, background, run.commit);
      zombie.space = run.space;
      zombie.entries = run.entries;
      zombies.add(zombie);
      run.restart();
    }
  }

  /** It stores what it likes, and its commits are refused. */
  private void haunt() {
    for (var zombie : zombies) {
      change(zombie, 3);
      var unused = zombie.space.snapshot();
    }
    if (random.nextInt(10) == 0) {
      zombies.clear();
    }
  }

  private void split(SpaceRun run) {
    if (runs.size() > 3) {
      return;
    }
    var middle = run.range.first().add(run.range.last()).shiftRight(1);
    if (middle.equals(run.range.first())) {
      return;
    }
    var left = run.snapshot();
    runs.remove(run);
    open(new HashRange(run.range.first(), middle), left);
    open(new HashRange(middle.add(BigInteger.ONE), run.range.last()), left);
  }

  private void merge() {
    for (var one : runs) {
      for (var other : runs) {
        if (one.range.last().add(BigInteger.ONE).equals(other.range.first())) {
          var left = one.snapshot();
          var right = other.snapshot();
          runs.remove(one);
          runs.remove(other);
          var all = new java.util.HashMap<>(left.entries());
          all.putAll(right.entries());
          open(
              new HashRange(one.range.first(), other.range.last()),
              new SpaceRun.Commit(List.of(left.parts().get(0), right.parts().get(0)), all));
          return;
        }
      }
    }
  }

  private static EntryKey key(int number, EntryKind kind) {
    return EntryKey.of("key-" + number, number % 3 == 0 ? "within" : "key-" + number, kind);
  }

  private StateValue value() {
    var bytes = new byte[random.nextInt(20) == 0 ? random.nextInt(3_000) : random.nextInt(300)];
    random.nextBytes(bytes);
    return StateValue.of(bytes, random.nextInt(3));
  }
}
