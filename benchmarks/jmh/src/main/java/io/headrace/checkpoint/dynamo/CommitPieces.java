package io.headrace.checkpoint.dynamo;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A commit as the request that stores it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CommitPieces {
  private static final BigInteger FIRST =
      new BigInteger("49668899999999999999999999999999999999999999999999999999");
  private static final int HOLES = 200;
  private static final int PART_BYTES = 500;

  private final Progress whole = new Progress(Optional.of(position(0)), List.of());
  private final Progress withHoles = new Progress(Optional.of(position(0)), ranges());
  private final CommitParts parts = CommitParts.of("state", new byte[PART_BYTES]);

  private static Position position(int number) {
    return Position.of(FIRST.add(BigInteger.valueOf(number)).toString());
  }

  private static List<Progress.Range> ranges() {
    List<Progress.Range> ranges = new ArrayList<>();
    for (int hole = 0; hole < HOLES; hole++) {
      ranges.add(new Progress.Range(position(10 * hole + 5), position(10 * hole + 9)));
    }
    return ranges;
  }

  /** Nothing is under way, and 500 bytes of state ride along. */
  @Benchmark
  public Object commit() {
    return request(whole);
  }

  /** The same with 200 records that are not finished behind others that are. */
  @Benchmark
  public Object commitWithHoles() {
    return request(withHoles);
  }

  private Object request(Progress progress) {
    Update update = new Update("headrace", "app", "function!stream!shard");
    Attributes.set(update, progress).set("parts", Attributes.parts(parts));
    update.require("token", "=", Attributes.text("w1#7"));
    return update.request().build();
  }
}
