package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The shell of a {@link ShardReader} and the functions that read with it: does what the machine
 * decides with the cursor and the byte budget. On the worker loop only.
 */
final class ShardReading {
  /** A cursor answers within about a second; one that is silent for so long is replaced. */
  private static final Duration FETCH_MAX = Duration.ofSeconds(60);

  /** How long one function may keep the others of its reader waiting before they part. */
  private static final Duration WAIT_FOR_SLOWER_MAX = Duration.ofSeconds(1);

  private final ShardedStream stream;
  private final ShardPlace place;
  private final EngineContext engine;
  private final Listener listener;
  private final ShardReader reader;
  private final ShardClaim claim = new Leased();
  private final List<FunctionRunning> members = new ArrayList<>();
  private ByteBudget.Account account;
  private @Nullable ShardCursor cursor;
  private EventLoop.@Nullable Scheduled impatience;
  private Duration behind = Duration.ZERO;

  /** Since when no fetch has been answered, in ticks, while fetches fail. */
  private @Nullable Long failingSince;

  /** What a reading tells the shard that it belongs to. */
  interface Listener {
    void read(long bytes);

    /** Records were handed out beyond {@code before}. */
    void advanced(ShardReading reading, Optional<Position> before);

    /** These members have kept the others waiting for too long. */
    void waitedTooLong(ShardReading reading, List<FunctionRunning> slower);

    void failed(Throwable cause);
  }

  ShardReading(
      ShardedStream stream,
      ShardPlace place,
      StartingPosition from,
      ByteBudget.Account account,
      EngineContext engine,
      Listener listener) {
    this.stream = stream;
    this.place = place;
    this.engine = engine;
    this.listener = listener;
    this.account = account;
    reader = new ShardReader(place.toString(), from);
    account.onServed(this::seekDemand);
  }

  ReaderPhase phase() {
    return reader.phase();
  }

  Optional<Position> readThrough() {
    return reader.readThrough();
  }

  /** What the reader holds of the byte budget. */
  long heldBytes() {
    return account.held();
  }

  /** As the last answer said, and for as long as there is none since. */
  Duration behind() {
    var since = failingSince;
    return since == null ? behind : behind.plusNanos(engine.loop().ticks() - since);
  }

  List<FunctionRunning> members() {
    return List.copyOf(members);
  }

  void join(FunctionRunning function) {
    members.add(function);
  }

  /** A member reads on elsewhere, or not at all; a reading without members stops. */
  void leave(FunctionRunning function) {
    members.remove(function);
    if (members.isEmpty()) {
      stop();
    } else {
      seekDemand();
    }
  }

  /** Who has to be restored first wants no records yet, and finds the cursor ready then. */
  void begin() {
    tell(new ReaderEvent.Begun());
    if (reader.phase() == ReaderPhase.HOLDING && cursor != null) {
      cursor.prepare();
    }
  }

  void stop() {
    if (!reader.phase().isFinal()) {
      tell(new ReaderEvent.Stopped());
    }
  }

  /** Gives the bytes held so far to those who leave, and goes on with a fresh account. */
  ByteBudget.Account exchangeAccount() {
    var former = account;
    former.withdraw();
    account = engine.budget().open();
    account.onServed(this::seekDemand);
    return former;
  }

  /** Fetches if every member wants records and the budget has bytes for them. */
  void seekDemand() {
    if (reader.phase() != ReaderPhase.HOLDING) {
      return;
    }
    var full = full();
    if (full.isEmpty() && !members.isEmpty()) {
      calm();
      long bytes = account.ask();
      if (bytes > 0) {
        tell(new ReaderEvent.Granted(bytes));
      } else {
        members().forEach(FunctionRunning::hurry);
      }
    } else {
      account.withdraw();
      full.forEach(FunctionRunning::hurry);
      if (full.size() < members.size() && impatience == null) {
        impatience = engine.loop().schedule(WAIT_FOR_SLOWER_MAX, this::loseImpatience);
      }
    }
  }

  private void loseImpatience() {
    impatience = null;
    var full = full();
    if (reader.phase() == ReaderPhase.HOLDING && !full.isEmpty() && full.size() < members.size()) {
      listener.waitedTooLong(this, full);
    }
  }

  /** Those who want no more for now. Asked after each event, and mostly there are none. */
  private List<FunctionRunning> full() {
    List<FunctionRunning> full = List.of();
    for (var member : members) {
      if (!member.run().hungry()) {
        full = full.isEmpty() ? new ArrayList<>() : full;
        full.add(member);
      }
    }
    return full;
  }

  private void calm() {
    if (impatience != null) {
      impatience.cancel();
      impatience = null;
    }
  }

  private void tell(ReaderEvent event) {
    if (reader.phase().isFinal()) {
      return;
    }
    var before = reader.readThrough();
    try {
      for (var action : reader.step(event)) {
        perform(action, before);
      }
    } catch (RuntimeException fault) {
      listener.failed(fault);
    }
    if (reader.phase().isFinal()) {
      calm();
      account.close();
    }
  }

  private void perform(ReaderAction action, Optional<Position> before) {
    if (action instanceof ReaderAction.Open open) {
      closeCursor();
      cursor = stream.open(place.shard(), open.from(), claim);
    } else if (action instanceof ReaderAction.Fetch fetch) {
      fetch(fetch);
    } else if (action instanceof ReaderAction.Settle settle) {
      account.took(settle.bytes());
    } else if (action instanceof ReaderAction.HandOut out) {
      handOut(out.records(), out.bytes());
      listener.advanced(this, before);
    } else if (action instanceof ReaderAction.SeekDemand) {
      seekDemand();
    } else if (action instanceof ReaderAction.RetryIn retry) {
      retry(retry);
    } else if (action instanceof ReaderAction.TellGap gap) {
      var found = gap.gap();
      var event = new WorkerEvent.GapFound(place.key(), found.after(), found.resumesAt());
      engine.listener().accept(event);
    } else if (action instanceof ReaderAction.TellEnd end) {
      members().forEach(member -> member.tell(new RunEvent.EndRead(end.children())));
    } else if (action instanceof ReaderAction.TellFailure failure) {
      listener.failed(failure.cause());
    } else if (action instanceof ReaderAction.CloseCursor) {
      closeCursor();
    }
  }

  private void fetch(ReaderAction.Fetch fetch) {
    var from = cursor;
    if (from == null) {
      throw new IllegalStateException("reader of " + place + ": fetch without a cursor");
    }
    var overdue =
        engine.loop().schedule(FETCH_MAX, () -> tell(new ReaderEvent.Overdue(fetch.attempt())));
    Stages.ask(
        engine.loop(),
        () -> from.fetch(fetch.bytes()),
        fetched -> {
          overdue.cancel();
          answered(fetch.attempt(), fetched);
        },
        thrown -> {
          overdue.cancel();
          if (thrown instanceof StreamException failed) {
            failed(fetch.attempt(), failed);
          } else {
            tell(new ReaderEvent.FetchBroke(fetch.attempt(), thrown));
          }
        });
  }

  private void failed(long attempt, StreamException failure) {
    if (failure.kind() == StreamException.Kind.NOT_FOUND) {
      askWhetherForgotten(attempt, failure);
    } else {
      tell(new ReaderEvent.FetchFailed(attempt, failure));
    }
  }

  /**
   * A closed shard is forgotten once all its records have expired: nothing is left to be read, and
   * its children may run. Anything else that is not found is a failure.
   */
  private void askWhetherForgotten(long attempt, StreamException failure) {
    var id = place.shard().id();
    Stages.ask(
        engine.loop(),
        stream::shards,
        listed -> {
          if (listed.stream().anyMatch(shard -> shard.id().equals(id))) {
            tell(new ReaderEvent.FetchFailed(attempt, failure));
          } else if (!reader.phase().isFinal()) {
            engine
                .listener()
                .accept(new WorkerEvent.ShardForgotten(place.key(), reader.readThrough()));
            var children = listed.stream().filter(shard -> shard.parents().contains(id)).toList();
            tell(new ReaderEvent.EndRead(attempt, children));
          }
        },
        ignored -> tell(new ReaderEvent.FetchFailed(attempt, failure)));
  }

  private void answered(long attempt, Fetched fetched) {
    failingSince = null;
    if (fetched instanceof Fetched.Records read) {
      boolean news = read.records().isEmpty() && !read.behind().equals(behind);
      behind = read.behind();
      if (news) {
        engine.listener().accept(new WorkerEvent.Fetched(place.key(), 0, 0, behind));
      }
      tell(new ReaderEvent.Read(attempt, read.records()));
      if (read.heard() && read.records().isEmpty() && behind.isZero()) {
        members().forEach(FunctionRunning::atTip);
      }
    } else if (fetched instanceof Fetched.Gap gap) {
      tell(new ReaderEvent.GapRead(attempt, gap));
    } else if (fetched instanceof Fetched.End end) {
      behind = Duration.ZERO;
      tell(new ReaderEvent.EndRead(attempt, end.children()));
    }
  }

  private void handOut(List<StreamRecord> records, long bytes) {
    listener.read(bytes);
    engine.listener().accept(new WorkerEvent.Fetched(place.key(), records.size(), bytes, behind));
    var readers = members();
    var held = new ArrayList<HeldRecord>(records.size());
    for (var record : records) {
      held.add(new HeldRecord(record, account, readers.size()));
    }
    readers.forEach(member -> member.tell(new RunEvent.Read(held)));
  }

  private void retry(ReaderAction.RetryIn retry) {
    if (failingSince == null) {
      failingSince = engine.loop().ticks();
    }
    var wait = BackOff.jittered(retry.delay(), engine.random());
    engine
        .listener()
        .accept(
            new WorkerEvent.Retrying(place.key(), Optional.empty(), "fetch", retry.cause(), wait));
    engine.loop().schedule(wait, () -> tell(new ReaderEvent.RetryDue(retry.attempt())));
  }

  private void closeCursor() {
    var open = cursor;
    cursor = null;
    if (open != null) {
      open.close();
    }
  }

  /** The lease, as a stream may see it. */
  private final class Leased implements ShardClaim {
    @Override
    public boolean holds() {
      return place.tenure().validAt(engine.loop().ticks());
    }

    @Override
    public void retrieving(String how) {
      engine.listener().accept(new WorkerEvent.Retrieving(place.key(), how));
    }
  }
}
