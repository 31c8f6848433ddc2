package io.headrace.function.metrics;

import io.micrometer.core.instrument.Meter;
import java.util.List;

/** Every meter there is: its name, which stays, and what is written of it in docs/metrics.md. */
enum Named {
  TAKEN(
      "headrace.records.taken",
      Meter.Type.COUNTER,
      "records",
      Tagging.INPUT,
      "Records that the function took from the stream, those that came " + "again too",
      "a rate of 0 where records are put"),
  SETTLED(
      "headrace.records.settled",
      Meter.Type.COUNTER,
      "records",
      Tagging.OUTCOME,
      "How they came out: `handled`, `filtered`, `dead_lettered`, "
          + "`dropped_as_misrouted`, `skipped`, `parked`",
      "`dead_lettered` above what you are used to"),
  FOUND_DONE(
      "headrace.records.found.done",
      Meter.Type.COUNTER,
      "records",
      Tagging.INPUT,
      "Came again after a restart, and were finished before: passed over",
      ""),
  GIVEN_BACK(
      "headrace.records.given.back",
      Meter.Type.COUNTER,
      "records",
      Tagging.INPUT,
      "Taken and not finished here: the next owner of the shard, or the " + "next run, gets them",
      ""),
  UNDER_WAY(
      "headrace.records.under.way",
      Meter.Type.GAUGE,
      "records",
      Tagging.INPUT,
      "Taken and not finished: taken - settled - found done - given back",
      "constant at its bound while the iterator age grows"),
  ACCOUNT_OFF(
      "headrace.account.off",
      Meter.Type.GAUGE,
      "records",
      Tagging.INPUT,
      "What is under way by the account, less what the runs hold as they " + "count it themselves",
      "anything but 0: a fault of Headrace"),
  ITERATOR_AGE(
      "headrace.iterator.age",
      Meter.Type.GAUGE,
      "seconds",
      Tagging.INPUT,
      "Age of the oldest record that is not finished, read or not, in the " + "worst shard",
      "more than your users can wait, for 5 min"),
  BEHIND(
      "headrace.reader.behind",
      Meter.Type.GAUGE,
      "seconds",
      Tagging.INPUT,
      "How far the worst reader is behind the tip; grows while fetches fail",
      "see iterator age"),
  TO_RETENTION(
      "headrace.time.to.retention",
      Meter.Type.GAUGE,
      "seconds",
      Tagging.INPUT,
      "Until the stream forgets the oldest record that is not finished; no "
          + "number where the stream does not say",
      "less than a quarter of the retention: page somebody"),
  COMMITS(
      "headrace.commits",
      Meter.Type.COUNTER,
      "commits",
      Tagging.INPUT,
      "Commits of progress that are stored",
      ""),
  COMMIT_AGE(
      "headrace.commit.age",
      Meter.Type.GAUGE,
      "seconds",
      Tagging.INPUT,
      "For how long the oldest thing that is done has waited for its "
          + "commit, in the worst shard: what a crash now repeats",
      "more than 10 times the commit interval (5 s)"),
  ATTEMPTS_FAILED(
      "headrace.attempts.failed",
      Meter.Type.COUNTER,
      "attempts",
      Tagging.INPUT,
      "Attempts that failed; an outage counts none",
      "a rate above 0 for long"),
  STALLS(
      "headrace.stalls",
      Meter.Type.COUNTER,
      "stalls",
      Tagging.INPUT,
      "Times that the watchdog found a shard without progress",
      "any"),
  SHARDS(
      "headrace.shards",
      Meter.Type.GAUGE,
      "shards",
      Tagging.STATE,
      "Shards of this worker, by what the function does there: `running`, "
          + "`preparing`, `held` by an operator",
      "`preparing` above 0 for 5 min"),
  SHARDS_READ_BEHIND(
      "headrace.shards.read.behind",
      Meter.Type.GAUGE,
      "shards",
      Tagging.INPUT,
      "Shards in which the function was too slow for others of its stream and "
          + "reads behind them until it has caught up",
      "above 0 for longer than a peak lasts"),
  KEYS_BUSY(
      "headrace.keys.busy",
      Meter.Type.GAUGE,
      "keys",
      Tagging.INPUT,
      "Keys with records under way; 0 for Lambda batches and windows of " + "theirs",
      ""),
  KEYS_FAILING(
      "headrace.keys.failing",
      Meter.Type.GAUGE,
      "keys",
      Tagging.INPUT,
      "Keys whose next record has failed and is tried again, or is on its "
          + "way to the dead letters",
      "above 0 for longer than your retries last"),
  RECORDS_WAITING(
      "headrace.records.waiting",
      Meter.Type.GAUGE,
      "records",
      Tagging.INPUT,
      "Records that wait behind an earlier one of their key",
      "close to `inFlight` (256)"),
  KEYS_PARKED(
      "headrace.keys.parked",
      Meter.Type.GAUGE,
      "keys",
      Tagging.INPUT,
      "Keys whose records are put aside durably",
      "half of the bound"),
  PARKED_RECORDS(
      "headrace.parked.records",
      Meter.Type.GAUGE,
      "records",
      Tagging.INPUT,
      "Records of parked keys",
      ""),
  PARKED_BYTES(
      "headrace.parked.bytes",
      Meter.Type.GAUGE,
      "bytes",
      Tagging.INPUT,
      "What they take",
      "half of the bound"),
  OUTPUTS_WAITING(
      "headrace.outbox.outputs",
      Meter.Type.GAUGE,
      "outputs",
      Tagging.INPUT,
      "Outputs that wait for their commit or their sink",
      ""),
  OUTPUTS_WAITING_BYTES(
      "headrace.outbox.bytes",
      Meter.Type.GAUGE,
      "bytes",
      Tagging.INPUT,
      "What they take",
      "half of the 8 MB that a shard holds"),
  OUTPUTS_WAITING_AGE(
      "headrace.outbox.age",
      Meter.Type.GAUGE,
      "seconds",
      Tagging.INPUT,
      "How long the oldest of them has waited, since this worker has it",
      "a minute: a sink is down or refuses it"),
  LETTERS(
      "headrace.letters",
      Meter.Type.COUNTER,
      "letters",
      Tagging.CODE,
      "Dead letters by code; from the 51st code of a function on under "
          + "`other`. A letter that was played again and failed counts again",
      "any code that you do not know"),
  LETTERS_PLAYED(
      "headrace.letters.played",
      Meter.Type.COUNTER,
      "letters",
      Tagging.OUTCOME,
      "Letters that a redrive played again, by how they came out",
      ""),
  TRACES_MALFORMED(
      "headrace.traceparents.malformed",
      Meter.Type.COUNTER,
      "records",
      Tagging.INPUT,
      "Records whose `traceparent` is not in the format of W3C and was " + "ignored",
      ""),
  UNAVAILABLE(
      "headrace.dependency.unavailable",
      Meter.Type.GAUGE,
      "",
      Tagging.DEPENDENCY,
      "1 while the function waits for it; there from its first outage on. "
          + "From the 21st dependency of a function on `other`; `too-many-"
          + "failures` where failing records paused it",
      "1 for 5 min"),
  SINKS_DOWN(
      "headrace.sinks.down",
      Meter.Type.GAUGE,
      "sinks",
      Tagging.FUNCTION,
      "Destinations and dead-letter sinks that can not be written now: " + "their records wait",
      "above 0 for 5 min"),
  VERSIONS_REFUSED(
      "headrace.versions.refused",
      Meter.Type.COUNTER,
      "versions",
      Tagging.FUNCTION,
      "Records of broadcasts that are no version: the former one stays in force. "
          + "Each worker counts them, and again after a restart",
      "any"),
  GAPS(
      "headrace.gaps",
      Meter.Type.COUNTER,
      "gaps",
      Tagging.STREAM,
      "Times that the stream had forgotten records which were not read: " + "they are lost",
      "any"),
  RECORDS_READ(
      "headrace.records.read",
      Meter.Type.COUNTER,
      "records",
      Tagging.STREAM,
      "Records that were read, once for all functions that read together",
      ""),
  BYTES_READ(
      "headrace.read.bytes",
      Meter.Type.COUNTER,
      "bytes",
      Tagging.STREAM,
      "The same in bytes of the memory budget",
      ""),
  RETRIES(
      "headrace.retries",
      Meter.Type.COUNTER,
      "retries",
      Tagging.WHAT,
      "What failed on the way to stream or table and is tried again: "
          + "`fetch`, `seal`, `restore`, `commit`, `last commit`, `end`",
      "a rate above 0 for 5 min"),
  MEMORY_USED(
      "headrace.memory.used",
      Meter.Type.GAUGE,
      "bytes",
      Tagging.WORKER,
      "Records that are read and not finished, in all shards",
      ""),
  MEMORY_MAX("headrace.memory.max", Meter.Type.GAUGE, "bytes", Tagging.WORKER, "Their bound", ""),
  CALLS(
      "headrace.calls.under.way",
      Meter.Type.GAUGE,
      "calls",
      Tagging.WORKER,
      "Calls of functions that stand in line or run",
      "constant while nothing is handled"),
  ALIVE(
      "headrace.worker.alive",
      Meter.Type.GAUGE,
      "",
      Tagging.WORKER,
      "1 while the worker can go on",
      "0"),
  READY(
      "headrace.worker.ready",
      Meter.Type.GAUGE,
      "",
      Tagging.WORKER,
      "1 while it takes part in its fleet",
      "0 for a minute"),
  WORKERS(
      "headrace.workers",
      Meter.Type.GAUGE,
      "workers",
      Tagging.WORKER,
      "Workers of the fleet, as this one sees it",
      "not what you run, for a minute"),
  WORKERS_WANTED(
      "headrace.workers.wanted",
      Meter.Type.GAUGE,
      "workers",
      Tagging.WORKER,
      "How many there should be; take the largest that any worker says",
      "more than you run, for 10 min"),
  SHARD_AGE(
      "headrace.shard.iterator.age",
      Meter.Type.GAUGE,
      "seconds",
      Tagging.SHARD,
      "The iterator age of each shard of this worker; only with "
          + "`withShards`, and of 500 at most",
      "see iterator age");

  /** Which tags a meter has, besides those that were asked for. */
  enum Tagging {
    INPUT("application,function,stream"),
    OUTCOME("application,function,stream,outcome"),
    STATE("application,function,stream,state"),
    CODE("application,function,stream,code"),
    DEPENDENCY("application,function,dependency"),
    FUNCTION("application,function"),
    STREAM("application,stream"),
    WHAT("application,what"),
    WORKER("application"),
    SHARD("application,function,stream,shard");

    private final String keys;

    Tagging(String keys) {
      this.keys = keys;
    }

    List<String> keys() {
      return List.of(keys.split(",", -1));
    }
  }

  private final String id;
  private final Meter.Type type;
  private final String unit;
  private final Tagging tagging;
  private final String meaning;
  private final String alarm;

  Named(String id, Meter.Type type, String unit, Tagging tagging, String meaning, String alarm) {
    this.id = id;
    this.type = type;
    this.unit = unit;
    this.tagging = tagging;
    this.meaning = meaning;
    this.alarm = alarm;
  }

  String id() {
    return id;
  }

  Meter.Type type() {
    return type;
  }

  /** Empty for what is 0 or 1. */
  String unit() {
    return unit;
  }

  List<String> tagKeys() {
    return tagging.keys();
  }

  String meaning() {
    return meaning;
  }

  /** Empty where there is nothing to alarm on. */
  String alarm() {
    return alarm;
  }
}
