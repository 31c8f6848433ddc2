package io.headrace.function.metrics;

import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Adds up what a status says of the shards of each function; within one turn of the worker loop.
 */
final class Looks {
  private static final double NANOS = 1e9;

  private final Instant now;
  private final BiConsumer<String, Double> ages;
  private final Map<String, Sum> sums = new HashMap<>();

  /** Of one function. */
  private static final class Sum {
    Duration age = Duration.ZERO;
    Duration behind = Duration.ZERO;
    Duration uncommitted = Duration.ZERO;
    int running;
    int preparing;
    int held;
    int readingBehind;
    long underWay;
    KeyStanding keys = KeyStanding.NONE;
  }

  /**
   * @param ages told the age of each shard, by its name and the function's
   */
  Looks(Instant now, BiConsumer<String, Double> ages) {
    this.now = now;
    this.ages = ages;
  }

  void add(WorkerStatus.ShardStatus shard) {
    shard.functions().forEach(function -> add(shard.shard(), function));
    shard.held().forEach(handler -> of(handler).held++);
  }

  private void add(ShardKey shard, WorkerStatus.FunctionStatus function) {
    var sum = of(function.function());
    var behind = function.behind().orElse(Duration.ZERO);
    var age =
        function
            .oldest()
            .map(oldest -> longer(behind, Duration.between(oldest, now)))
            .orElse(behind);
    sum.age = longer(sum.age, age);
    sum.behind = longer(sum.behind, behind);
    sum.uncommitted = longer(sum.uncommitted, function.uncommitted());
    sum.readingBehind += function.readsBehind() ? 1 : 0;
    sum.underWay += function.buffered() + function.inFlight();
    sum.keys = sum(sum.keys, function.keys());
    switch (function.phase()) {
      case SEALING, WAITING_FOR_PARENTS, RESTORING -> sum.preparing++;
      case RUNNING, FINISHING, ENDING, DRAINING, COMMITTING_LAST -> sum.running++;
      case ENDED, STOPPED, FENCED, FAILED -> {
        // It has left, or waits for the others of its shard to end it.
      }
    }
    ages.accept(shard + "/" + function.function(), seconds(age));
  }

  InputMeters.Look of(String handler, InputMeters meters) {
    var sum = of(handler);
    return new InputMeters.Look(
        seconds(sum.age),
        seconds(sum.behind),
        seconds(sum.uncommitted),
        sum.running,
        sum.preparing,
        sum.held,
        sum.readingBehind,
        sum.underWay,
        meters.account().underWay() - sum.underWay,
        sum.keys.busy(),
        sum.keys.failing(),
        sum.keys.waiting(),
        sum.keys.parked(),
        sum.keys.parkedRecords(),
        sum.keys.parkedBytes(),
        sum.keys.outputs(),
        sum.keys.outputBytes(),
        seconds(sum.keys.outputAge()));
  }

  private Sum of(String handler) {
    return sums.computeIfAbsent(handler, any -> new Sum());
  }

  private static KeyStanding sum(KeyStanding one, KeyStanding other) {
    return new KeyStanding(
        one.busy() + other.busy(),
        one.failing() + other.failing(),
        one.waiting() + other.waiting(),
        one.parked() + other.parked(),
        one.parkedRecords() + other.parkedRecords(),
        one.parkedBytes() + other.parkedBytes(),
        one.outputs() + other.outputs(),
        one.outputBytes() + other.outputBytes(),
        longer(one.outputAge(), other.outputAge()));
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private static double seconds(Duration time) {
    return time.toNanos() / NANOS;
  }
}
