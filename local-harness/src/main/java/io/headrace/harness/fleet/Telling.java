package io.headrace.harness.fleet;

import io.headrace.function.FunctionEvent;
import io.headrace.kcl.WorkerEvent;

/** Events of a runtime as one short line; nothing in it differs between two runs of one seed. */
final class Telling {
  private Telling() {}

  static String of(Object event) {
    if (event instanceof WorkerEvent.ShardStarted started) {
      return "runs " + Names.of(started.shard()) + " under " + Names.of(started.token());
    }
    if (event instanceof WorkerEvent.ShardStopped stopped) {
      return "runs " + Names.of(stopped.shard()) + " no more: " + stopped.reason();
    }
    if (event instanceof WorkerEvent.Settled settled) {
      return settled.function()
          + " settled "
          + settled.position().sequence()
          + " "
          + settled.outcome();
    }
    if (event instanceof WorkerEvent.Fetched fetched) {
      return "fetched " + fetched.records() + " of " + Names.of(fetched.shard());
    }
    if (event instanceof WorkerEvent.Retrying retrying) {
      return retrying.function().orElse("reader")
          + " retries "
          + retrying.what()
          + " of "
          + Names.of(retrying.shard())
          + " in "
          + retrying.in().toMillis()
          + " ms: "
          + retrying.cause().getMessage();
    }
    if (event instanceof WorkerEvent.Stalled stalled) {
      return stalled.function()
          + " is stalled in "
          + Names.of(stalled.shard())
          + " for "
          + stalled.silent().toMillis()
          + " ms, "
          + stalled.why()
          + ": "
          + stalled.remedy();
    }
    if (event instanceof WorkerEvent.Committed committed) {
      return committed.function() + " has committed in " + Names.of(committed.shard());
    }
    if (event instanceof WorkerEvent.ShardEnded ended) {
      return ended.function() + " has ended " + Names.of(ended.shard());
    }
    if (event instanceof FunctionEvent about) {
      return about.function()
          + " "
          + about.getClass().getSimpleName()
          + " in "
          + Names.of(about.shard());
    }
    return event.getClass().getSimpleName();
  }
}
