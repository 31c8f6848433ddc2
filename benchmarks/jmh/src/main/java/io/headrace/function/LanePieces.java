package io.headrace.function;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Which record of which key is next. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LanePieces {
  private static final int TASKS = 5_000;
  private static final int RUNNING = 16;

  private final List<String> manyKeys = keys(TASKS);
  private final List<String> fewKeys = keys(50);

  private static List<String> keys(int different) {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      keys.add("key-" + i % different);
    }
    return keys;
  }

  /** 5,000 tasks, each of a key of its own. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public int lanesOfManyKeys() {
    return run(manyKeys);
  }

  /** 5,000 tasks of 50 keys, which wait behind each other. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public int lanesOfFewKeys() {
    return run(fewKeys);
  }

  private static int run(List<String> keys) {
    KeyLanes<String> lanes = new KeyLanes<>(RUNNING);
    for (String key : keys) {
      lanes.add(key, key);
    }
    int finished = 0;
    for (KeyLanes.@Nullable Lane<String> lane = lanes.start(); lane != null; lane = lanes.start()) {
      lanes.rest(lane);
      lanes.finish(lane);
      finished++;
    }
    return finished;
  }
}
