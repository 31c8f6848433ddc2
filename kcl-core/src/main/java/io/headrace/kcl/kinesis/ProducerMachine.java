package io.headrace.kcl.kinesis;

import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.kinesis.ProducerEvent.Result;
import io.headrace.kcl.kinesis.PutException.Reason;
import io.headrace.kcl.kinesis.ShardQueues.Parcel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Decides what a producer sends, when, and what becomes of each record. Pure: called by {@link
 * HeadraceProducer} on its loop, which does what it decides.
 *
 * <p>A record is in one of these places: ready in {@link ShardQueues} (or behind the first of its
 * lane), in a call, in an aggregate whose shard is not known yet, or waiting to be sent again.
 */
final class ProducerMachine {
  /** The documented total of a call, keys included; one larger record may travel in it alone. */
  static final int BYTES_PER_CALL_MAX = 5 * 1024 * 1024;

  /** The largest record that a stream can be set to take, key included. */
  static final int RECORD_BYTES_MAX = 10 * 1024 * 1024;

  /** What a stream takes unless it is set otherwise: larger records travel alone. */
  static final int COMMON_RECORD_BYTES_MAX = 1024 * 1024;

  /** How long a record of a sink is retried, counted from its first failure. */
  static final Duration RETRYING_MAX = KinesisCalls.RETRYING_MAX;

  /** From when a record's time is counted. */
  enum Patience {
    /** Its put: {@link ProducerSettings#timeToLive}. */
    SINCE_PUT,
    /** Its first failure: {@link #RETRYING_MAX}. Who waits in a queue loses nothing by it. */
    SINCE_FAILURE
  }

  /**
   * An aggregate that landed in a shard that the map does not list yet.
   *
   * @param since when it landed, in ticks
   */
  private record Unjudged(Parcel parcel, Stored stored, long since) {}

  private final ProducerSettings settings;
  private final Patience patience;
  private final SinkSentences sentences;
  private final RandomGenerator random;

  private final ShardQueues queues;
  private final ShardMapNeed mapNeed;
  private final PendingRecords pending;
  private final RecordAges ages;
  private final Map<Long, List<Parcel>> underWay = new HashMap<>();

  /** Halves of calls that were refused as a whole: one record in them may be to blame. */
  private final ArrayDeque<List<Parcel>> halves = new ArrayDeque<>();

  private final TreeMap<Long, List<PendingRecord>> resting = new TreeMap<>();
  private final List<Unjudged> unjudged = new ArrayList<>();
  private final ProducerCounts counts = new ProducerCounts();

  private long ticks;
  private long calls;

  /** For each flush under way the last record that it is about. */
  private final ArrayDeque<Long> flushes = new ArrayDeque<>();

  /** What was put until then does not linger while a flush is under way. */
  private long flushedAt;

  private boolean closing;
  private boolean closed;
  private boolean toldClosed;
  private long deadline;
  private List<ProducerAction> actions = new ArrayList<>();

  ProducerMachine(
      ProducerSettings settings,
      Patience patience,
      SinkSentences sentences,
      RandomGenerator random) {
    this.settings = settings;
    this.patience = patience;
    this.sentences = sentences;
    this.random = random;
    this.queues = new ShardQueues(settings);
    this.mapNeed = new ShardMapNeed(settings.needsShards());
    this.pending = new PendingRecords(settings.hasLanes(), sentences, counts);
    this.ages = pending.ages;
  }

  /** What follows from events that came together; time passes with none. */
  List<ProducerAction> step(List<ProducerEvent> events, long now) {
    ticks = now;
    actions = new ArrayList<>();
    events.forEach(this::take);
    wakeResting();
    expire();
    send();
    if (mapNeed.isDue(ticks) && !ages.isEmpty()) {
      mapNeed.asked();
      counts.shardLists++;
      actions.add(new ProducerAction.ListShards());
    }
    List<PendingRecord> settled = pending.takeSettled();
    if (!settled.isEmpty()) {
      actions.add(new ProducerAction.Settle(settled));
    }
    tellIfDone();
    return actions;
  }

  private void take(ProducerEvent event) {
    if (event instanceof ProducerEvent.Put put) {
      put.records().forEach(this::admit);
    } else if (event instanceof ProducerEvent.Answered answer) {
      answered(answer);
    } else if (event instanceof ProducerEvent.CallFailed failed) {
      callFailed(failed);
    } else if (event instanceof ProducerEvent.Listed told) {
      listed(told.shards());
    } else if (event instanceof ProducerEvent.ListFailed) {
      queues.withoutMap();
      mapNeed.failed(ticks, random.nextDouble());
    } else if (event instanceof ProducerEvent.Flush) {
      flushes.add(ages.latest());
      flushedAt = ticks;
    } else if (event instanceof ProducerEvent.Close close) {
      deadline = closing ? Math.min(deadline, close.deadlineTicks()) : close.deadlineTicks();
      closing = true;
    }
  }

  /** When {@link #step} must be called at the latest, in ticks; NEVER when only events matter. */
  long wakeAt() {
    if (ages.isEmpty()) {
      return ShardQueues.NEVER;
    }
    long wake = mapNeed.dueAt(ticks);
    if (!resting.isEmpty()) {
      wake = Math.min(wake, resting.firstKey());
    }
    if (closing) {
      wake = Math.min(wake, deadline);
    }
    if (patience == Patience.SINCE_PUT) {
      wake = Math.min(wake, ages.nextExpiry(ticks, settings.timeToLive().toNanos()));
    }
    if (underWay.size() < settings.callsMax()) {
      var ready = queues.ready(ticks);
      wake = Math.min(wake, ready.nextAt());
      if (ready.records() > 0) {
        wake = Math.min(wake, ready.oldestPut() + settings.linger().toNanos());
      }
    }
    return wake;
  }

  ProducerFigures figures() {
    return counts.figures(ages.size(), underWay.size());
  }

  private void admit(PendingRecord record) {
    counts.put++;
    ages.add(record);
    if (closing) {
      pending.fail(record, Reason.CLOSED, sentences.closed());
      return;
    }
    if (pending.enter(record)) {
      queues.add(record, ticks);
    }
  }

  private void wakeResting() {
    while (!resting.isEmpty() && resting.firstKey() <= ticks) {
      List<PendingRecord> records = resting.pollFirstEntry().getValue();
      // The last first, so that they stand in their order.
      for (int i = records.size() - 1; i >= 0; i--) {
        if (!records.get(i).settled) {
          queues.addFirst(records.get(i), ticks);
        }
      }
    }
  }

  private void send() {
    while (!closed && underWay.size() < settings.callsMax()) {
      List<Parcel> parcels = halves.isEmpty() ? collect() : halves.remove();
      if (parcels.isEmpty()) {
        return;
      }
      long call = ++calls;
      underWay.put(call, parcels);
      parcels.forEach(parcel -> counts.sent(parcel, ticks));
      actions.add(new ProducerAction.Send(call, parcels));
    }
  }

  private List<Parcel> collect() {
    var ready = queues.ready(ticks);
    boolean due =
        ready.records() > 0
            && ((!flushes.isEmpty() && ready.oldestPut() - flushedAt <= 0)
                || closing
                || ready.records() >= settings.recordsPerCallMax()
                || ready.bytes() >= BYTES_PER_CALL_MAX
                || ticks - ready.oldestPut() >= settings.linger().toNanos());
    return due ? queues.take(ticks) : List.of();
  }

  private void answered(ProducerEvent.Answered answer) {
    List<Parcel> parcels = underWay.remove(answer.call());
    if (parcels == null) {
      return;
    }
    counts.calls++;
    // One draw for the call, so that records that failed together are sent together again.
    double jitter = random.nextDouble();
    var back = new Returning(jitter);
    var busy = new HashSet<String>();
    for (int i = 0; i < parcels.size(); i++) {
      Parcel parcel = parcels.get(i);
      Result result = answer.results().get(i);
      if (result.stored() != null) {
        stored(parcel, result.stored());
      } else if (result.refused() != null) {
        if (result.mayBeStored()) {
          doubt(parcel);
        }
        refused(parcel, result.refused(), back);
        if (parcel.shard() != null) {
          busy.add(parcel.shard());
        }
      }
    }
    // Behind what was stored: a shard that took some and refused others is busy.
    busy.forEach(shard -> queues.refused(shard, ticks, jitter));
    if (!busy.isEmpty()) {
      mapNeed.doubted(ticks);
    }
    back.rest();
  }

  private static void doubt(Parcel parcel) {
    parcel.records().forEach(record -> record.mayBeStored = true);
  }

  private void refused(Parcel parcel, StreamException why, Returning back) {
    if (why.kind() == Kind.RETRYABLE) {
      counts.throttled++;
      back.add(parcel, why);
    } else {
      reject(parcel, why);
    }
  }

  private void reject(Parcel parcel, StreamException why) {
    pending.reject(parcel.records(), why).forEach(next -> queues.add(next, ticks));
  }

  private void callFailed(ProducerEvent.CallFailed failed) {
    List<Parcel> parcels = underWay.remove(failed.call());
    if (parcels == null) {
      return;
    }
    counts.calls++;
    counts.failedCalls++;
    if (failed.mayBeStored()) {
      parcels.forEach(ProducerMachine::doubt);
    }
    if (failed.why().kind() == Kind.RETRYABLE) {
      var back = new Returning(random.nextDouble());
      parcels.forEach(parcel -> back.add(parcel, failed.why()));
      back.rest();
    } else if (failed.why().kind() == Kind.INVALID && parcels.size() > 1) {
      int middle = parcels.size() / 2;
      halves.add(parcels.subList(0, middle));
      halves.add(parcels.subList(middle, parcels.size()));
    } else if (failed.why().kind() == Kind.INVALID && parcels.get(0).records().size() > 1) {
      takeApart(parcels.get(0));
    } else {
      parcels.forEach(parcel -> reject(parcel, failed.why()));
    }
  }

  /** One record of an aggregate may be to blame: each goes by itself. */
  private void takeApart(Parcel parcel) {
    List<PendingRecord> records = parcel.records();
    records.forEach(record -> record.alone = true);
    standReadyAgain(records);
  }

  private void standReadyAgain(List<PendingRecord> records) {
    // The last first, so that they stand in their order.
    for (int i = records.size() - 1; i >= 0; i--) {
      PendingRecord next = pending.comesBack(records.get(i));
      if (next != null) {
        queues.addFirst(next, ticks);
      }
    }
  }

  private void stored(Parcel parcel, Stored at) {
    String shard = at.shard().value();
    queues.stored(shard);
    if (parcel.shard() != null && !parcel.shard().equals(shard)) {
      mapNeed.outdated();
      if (!parcel.isOfOneKey()) {
        judge(new Unjudged(parcel, at, ticks));
        return;
      }
    }
    storedAsOne(parcel.records(), at);
  }

  private void storedAsOne(List<PendingRecord> records, Stored at) {
    counts.streamRecords++;
    for (int i = 0; i < records.size(); i++) {
      succeed(records.get(i), at, i);
    }
  }

  private void succeed(PendingRecord record, Stored at, int place) {
    PendingRecord next = pending.succeed(record, at, place);
    if (next != null) {
      queues.add(next, ticks);
    }
  }

  /**
   * An aggregate landed in another shard than was expected. When one of its records does not belong
   * there, the KCL drops all of them, so all are put again; no later record of their keys has been
   * sent meanwhile.
   */
  private void judge(Unjudged landed) {
    ShardMap map = queues.map();
    String shard = landed.stored().shard().value();
    if (map == null || !map.knows(shard)) {
      unjudged.add(landed);
      return;
    }
    List<PendingRecord> records = landed.parcel().records();
    if (map.holdsAll(shard, records)) {
      storedAsOne(records, landed.stored());
      return;
    }
    counts.misrouted += records.size();
    // Some readers drop only what does not belong there, and all of it lies there.
    doubt(landed.parcel());
    standReadyAgain(records);
  }

  private void listed(List<Shard> shards) {
    ShardMap map;
    try {
      map = new ShardMap(shards);
    } catch (IllegalArgumentException incomplete) {
      // Listed in the midst of a change: asked again.
      mapNeed.failed(ticks, random.nextDouble());
      return;
    }
    mapNeed.answered(ticks);
    queues.reroute(map, ticks);
    var landed = List.copyOf(unjudged);
    unjudged.clear();
    landed.forEach(this::judge);
    if (!unjudged.isEmpty()) {
      mapNeed.outdated();
    }
  }

  /** Records whose call failed, on their way back; those of one wait rest together. */
  private final class Returning {
    private final double jitter;
    private final List<PendingRecord> records = new ArrayList<>();

    Returning(double jitter) {
      this.jitter = jitter;
    }

    void add(Parcel parcel, StreamException why) {
      for (PendingRecord record : parcel.records()) {
        record.underWay = false;
        records.add(record);
      }
      for (PendingRecord record : parcel.records()) {
        if (isOver(record)) {
          pending.fail(record, Reason.EXPIRED, why);
        }
      }
    }

    void rest() {
      records.forEach(record -> record.failed(ticks, jitter));
      for (PendingRecord record : records) {
        PendingRecord next = pending.comesBack(record);
        if (next == null) {
          continue;
        }
        if (next.retry == null) {
          // Put behind one that had failed with its group: it has not been sent.
          queues.add(next, ticks);
        } else {
          long wake = ticks + next.retry.waitNanos(ticks);
          resting.computeIfAbsent(wake, none -> new ArrayList<>()).add(next);
        }
      }
    }
  }

  private boolean isOver(PendingRecord record) {
    if (patience == Patience.SINCE_PUT) {
      return ticks - record.putTicks >= settings.timeToLive().toNanos();
    }
    return record.retry != null && ticks - record.failingSince > RETRYING_MAX.toNanos();
  }

  private void expire() {
    if (closing && ticks >= deadline && !closed) {
      closed = true;
      ages.all().forEach(record -> pending.fail(record, Reason.CLOSED, sentences.closed()));
      return;
    }
    if (patience == Patience.SINCE_PUT) {
      for (PendingRecord record : ages.waitingLonger(ticks, settings.timeToLive().toNanos())) {
        pending.fail(record, Reason.EXPIRED, sentences.expired(settings.timeToLive()));
      }
    }
    unjudged.removeIf(this::giveUpJudging);
  }

  /** The caller hears of it as of any failure, or nobody would know why nothing goes on. */
  private boolean giveUpJudging(Unjudged landed) {
    boolean isPatient =
        patience == Patience.SINCE_PUT
            ? ticks - landed.parcel().first().putTicks < settings.timeToLive().toNanos()
            : ticks - landed.since() < RETRYING_MAX.toNanos();
    if (isPatient) {
      return false;
    }
    List<PendingRecord> records = landed.parcel().records();
    doubt(landed.parcel());
    StreamException why = sentences.unknownShard(landed.stored().shard());
    records.forEach(record -> pending.fail(record, Reason.EXPIRED, why));
    // What follows was put behind a record that had failed before, with those put together with it.
    standReadyAgain(records);
    return true;
  }

  private void tellIfDone() {
    int flushed = 0;
    while (!flushes.isEmpty() && ages.oldest() > flushes.element()) {
      flushes.remove();
      flushed++;
    }
    if (flushed > 0) {
      actions.add(new ProducerAction.Flushed(flushed));
    }
    if (closing && ages.isEmpty() && !toldClosed) {
      closed = true;
      toldClosed = true;
      actions.add(new ProducerAction.Closed());
    }
  }
}
