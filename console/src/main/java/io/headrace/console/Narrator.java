package io.headrace.console;

import io.headrace.function.FunctionEvent;
import io.headrace.function.RuntimeListener;
import io.headrace.kcl.WorkerEvent;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells an operator what happens in a worker, a line each: what it runs, and what goes wrong. Names
 * places and kinds of failures, never what a record holds. Called on the worker loop.
 */
final class Narrator implements RuntimeListener {
  /** Sentences that are remembered; reasons may hold a service's own words. */
  private static final int SAID_MAX = 1_000;

  private final PrintWriter out;

  /** Sentences on retrieval, which every shard of a stream repeats. */
  private final Set<String> said = new HashSet<>();

  Narrator(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void on(Object event) {
    var line = event instanceof WorkerEvent.Retrieving how ? line(how) : line(event);
    if (line != null) {
      out.println(line);
      out.flush();
    }
  }

  private @Nullable String line(WorkerEvent.Retrieving event) {
    var stream = event.shard().stream().name();
    var line = "reads " + stream + " by " + event.how();
    if (said.size() >= SAID_MAX) {
      said.clear();
    }
    return said.add(line) ? line : null;
  }

  private static @Nullable String line(Object event) {
    return event instanceof WorkerEvent worker
        ? line(worker)
        : event instanceof FunctionEvent function ? line(function) : null;
  }

  private static @Nullable String line(WorkerEvent event) {
    if (event instanceof WorkerEvent.ShardStarted started) {
      return "runs " + started.shard() + ", epoch " + started.token().epoch();
    }
    if (event instanceof WorkerEvent.ShardStopped stopped) {
      return "left " + stopped.shard() + ": " + stopped.reason();
    }
    if (event instanceof WorkerEvent.ShardEnded ended) {
      return ended.function() + " ended " + ended.shard() + ", children " + ended.children().size();
    }
    if (event instanceof WorkerEvent.ShardFailed failed) {
      return failed.function() + " can't go on in " + failed.shard() + ": " + failed.cause();
    }
    if (event instanceof WorkerEvent.Stalled stalled) {
      return stalled.function()
          + " makes no progress in "
          + stalled.shard()
          + " for "
          + stalled.silent().toSeconds()
          + " s: "
          + stalled.why()
          + "; "
          + switch (stalled.remedy()) {
            case WAITS -> "waiting";
            case RESTART -> "restarting the shard";
            case GIVE_UP -> "giving the shard up to another worker";
          };
    }
    if (event instanceof WorkerEvent.ShardForgotten forgotten) {
      return forgotten.shard()
          + ": the stream has forgotten the shard, so it counts as read to its end, behind "
          + forgotten.readThrough().map(Object::toString).orElse("what was committed");
    }
    if (event instanceof WorkerEvent.GapFound gap) {
      return gap.shard() + ": the stream had trimmed records behind " + gap.after();
    }
    if (event instanceof WorkerEvent.FunctionHeld held) {
      return held.function() + " rests in " + held.shard() + ": an operator has paused it";
    }
    if (event instanceof WorkerEvent.LeftBehind slow) {
      return slow.function() + " is too slow for the others in " + slow.shard() + ": reads behind";
    }
    if (event instanceof WorkerEvent.CaughtUp slow) {
      return slow.function() + " has caught up with the others in " + slow.shard();
    }
    if (event instanceof WorkerEvent.Retrying retry) {
      return retry.shard()
          + retry.function().map(function -> ", " + function).orElse("")
          + ": "
          + retry.what()
          + " failed: "
          + retry.cause()
          + again(retry.in());
    }
    return null;
  }

  private static @Nullable String line(FunctionEvent event) {
    var where = event.function() + " in " + event.shard() + ": ";
    if (event instanceof FunctionEvent.RecordFailed failed
        && isPowerOfTwo(failed.attempt())
        && !isOutsideShard(failed.code())) {
      return where
          + "record "
          + failed.position()
          + " failed, attempt "
          + failed.attempt()
          + ": "
          + failed.error()
          + " "
          + failed.code();
    }
    if (event instanceof FunctionEvent.MisroutedFound found) {
      return isFurtherPowerOfTen(found.count())
          ? where
              + found.count()
              + " records so far that belong to other shards, brought by aggregates; asked for: "
              + found.fate()
          : null;
    }
    if (event instanceof FunctionEvent.DuplicateDropped dropped) {
      return isFurtherPowerOfTen(dropped.count())
          ? where + dropped.count() + " records so far that were carried twice, dropped"
          : null;
    }
    if (event instanceof FunctionEvent.UnparsableFound found) {
      return isFurtherPowerOfTen(found.count())
          ? where
              + found.count()
              + " records so far that no filter can read, as they are not JSON; asked for: "
              + found.fate()
          : null;
    }
    if (event instanceof FunctionEvent.ForeignKeyFound found) {
      return isFurtherPowerOfTen(found.count())
          ? where
              + found.count()
              + " records so far whose partition keys belong to other shards, dead-lettered"
          : null;
    }
    if (event instanceof FunctionEvent.DeadLettered letter && !isOutsideShard(letter.code())) {
      return where + "record " + letter.position() + " dead-lettered: " + letter.code();
    }
    if (event instanceof FunctionEvent.Skipped skipped) {
      return where + "record " + skipped.position() + " skipped by order " + skipped.order();
    }
    if (event instanceof FunctionEvent.SinkUnavailable sink) {
      return where + sink.sink() + " can't be written: " + sink.cause() + again(sink.in());
    }
    if (event instanceof FunctionEvent.Outage outage && isPowerOfTwo(outage.probes() + 1)) {
      return where
          + "paused, "
          + outage.dependency().map(name -> name + " is unavailable").orElse("too many fail")
          + ": "
          + outage.error()
          + ", probe "
          + (outage.probes() + 1)
          + again(outage.in());
    }
    if (event instanceof FunctionEvent.OutageOver resumed) {
      return where
          + "goes on after "
          + resumed.after().toSeconds()
          + " s"
          + resumed.dependency().map(name -> ", " + name + " has answered").orElse("");
    }
    if (event instanceof FunctionEvent.VersionRefused refused) {
      return where
          + "version "
          + refused.position()
          + " refused ("
          + refused.code()
          + "), the former one stays in force";
    }
    if (event instanceof FunctionEvent.VersionsMissing missing) {
      return where + "the stream has forgotten versions behind " + missing.after() + " unread";
    }
    if (event instanceof FunctionEvent.SinkRecovered sink) {
      return where + sink.sink() + " is written again";
    }
    if (event instanceof FunctionEvent.LateDropped late) {
      return where + "record " + late.position() + " came after its window was closed";
    }
    return null;
  }

  /** A record that is retried for ever is told ever more rarely. */
  private static boolean isPowerOfTwo(int attempt) {
    return Integer.bitCount(attempt) == 1;
  }

  /** 10, 100, 1,000 …: the first is in the log, once for each shard. */
  private static boolean isFurtherPowerOfTen(long count) {
    long rest = count;
    while (rest >= 10 && rest % 10 == 0) {
      rest /= 10;
    }
    return rest == 1 && count > 1;
  }

  /** Where one record lies in a wrong shard most do: they are told by their number. */
  private static boolean isOutsideShard(String code) {
    return code.equals("Misrouted") || code.equals("ForeignKey") || code.equals("Unparsable");
  }

  private static String again(Duration in) {
    return "; again in " + in.toMillis() + " ms";
  }
}
