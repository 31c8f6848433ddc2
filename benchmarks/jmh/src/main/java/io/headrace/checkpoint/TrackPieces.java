package io.headrace.checkpoint;

import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What is finished, record by record. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TrackPieces {
  private static final int RECORDS = 5_000;

  /** So many are under way at once. */
  private static final int WINDOW = 256;

  private final List<Position> inOrder = new ArrayList<>();
  private final List<Position> mixed = new ArrayList<>();

  /** Makes the order in which records are settled, the same in each run. */
  public TrackPieces() {
    SplittableRandom random = new SplittableRandom(1);
    for (int from = 0; from < RECORDS; from += WINDOW) {
      List<Position> some = new ArrayList<>();
      for (int i = from; i < Math.min(RECORDS, from + WINDOW); i++) {
        Position position = Position.of(1_000_000_000L + i);
        inOrder.add(position);
        some.add(random.nextInt(some.size() + 1), position);
      }
      mixed.addAll(some);
    }
  }

  /** 5,000 records, settled in the shard's order. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public Progress trackInOrder() {
    return tracked(inOrder);
  }

  /** The same, of which 256 at a time are settled in any order. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public Progress trackMixed() {
    return tracked(mixed);
  }

  private Progress tracked(List<Position> settled) {
    ProgressTracker tracker = new ProgressTracker(Progress.NONE, WINDOW);
    for (int from = 0; from < RECORDS; from += WINDOW) {
      int to = Math.min(RECORDS, from + WINDOW);
      for (int i = from; i < to; i++) {
        tracker.begin(inOrder.get(i));
      }
      for (int i = from; i < to; i++) {
        tracker.settled(settled.get(i));
      }
    }
    return tracker.capture();
  }
}
