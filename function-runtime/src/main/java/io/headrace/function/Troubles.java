package io.headrace.function;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sentences about what goes wrong in a worker's shards, for its health, until what they tell of is
 * over. Written on the worker loop, read by any thread.
 */
final class Troubles {
  private static final Logger LOG = LoggerFactory.getLogger(Troubles.class);

  private final Map<Trouble, String> present = new ConcurrentHashMap<>();

  /**
   * What goes wrong in a shard.
   *
   * @param where the function, or {@link #READING}, or {@link #GIVEN_UP}
   */
  private record Trouble(ShardKey shard, String where) {
    /** No function's name begins so. */
    static final String READING = ":reading";

    static final String GIVEN_UP = ":given up";
  }

  List<String> sentences() {
    return List.copyOf(present.values());
  }

  void on(WorkerEvent event) {
    if (event instanceof WorkerEvent.ShardStarted started) {
      present.keySet().removeIf(trouble -> trouble.shard().equals(started.shard()));
    } else if (event instanceof WorkerEvent.ShardStopped stopped) {
      // What the next owner meets is its own to tell; why it was given up here stays.
      present
          .keySet()
          .removeIf(
              trouble ->
                  trouble.shard().equals(stopped.shard())
                      && !trouble.where().equals(Trouble.GIVEN_UP));
    } else if (event instanceof WorkerEvent.FunctionResumed resumed) {
      present.remove(new Trouble(resumed.shard(), resumed.function()));
    } else if (event instanceof WorkerEvent.FunctionHeld held) {
      present.remove(new Trouble(held.shard(), held.function()));
    } else if (event instanceof WorkerEvent.Committed committed) {
      present.remove(new Trouble(committed.shard(), committed.function()));
    } else if (event instanceof WorkerEvent.Fetched fetched) {
      present.remove(new Trouble(fetched.shard(), Trouble.READING));
    } else if (event instanceof WorkerEvent.Retrying retrying) {
      retrying(retrying);
    } else if (event instanceof WorkerEvent.Stalled stalled) {
      stalled(stalled);
    } else if (event instanceof WorkerEvent.ShardFailed failed) {
      present.put(
          new Trouble(failed.shard(), Trouble.GIVEN_UP),
          "function "
              + failed.function()
              + " gave up shard "
              + failed.shard()
              + ": "
              + failed.cause());
    }
  }

  private void retrying(WorkerEvent.Retrying retrying) {
    present.put(
        new Trouble(retrying.shard(), retrying.function().orElse(Trouble.READING)),
        "shard "
            + retrying.shard()
            + retrying.function().map(function -> ", function " + function).orElse("")
            + ": "
            + retrying.what()
            + " failed and is tried again: "
            + retrying.cause().getMessage());
  }

  /** What is given up stays a trouble until the shard runs somewhere again and is run here. */
  private void stalled(WorkerEvent.Stalled stalled) {
    var sentence =
        "function "
            + stalled.function()
            + " makes no progress in shard "
            + stalled.shard()
            + " for "
            + stalled.silent().toSeconds()
            + " s: "
            + stalled.why()
            + switch (stalled.remedy()) {
              case WAITS -> "; it is waited for";
              case RESTART -> "; the shard is restarted (longer calls need timingOutAfter)";
              case GIVE_UP -> "; the shard is given up to another worker";
            };
    LOG.warn("{}", sentence);
    boolean givenUp = stalled.remedy() == WorkerEvent.Remedy.GIVE_UP;
    present.put(
        new Trouble(stalled.shard(), givenUp ? Trouble.GIVEN_UP : stalled.function()), sentence);
  }
}
