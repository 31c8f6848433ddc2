package io.headrace.kcl;

import static io.headrace.kcl.ReaderPhase.BACKING_OFF;
import static io.headrace.kcl.ReaderPhase.ENDED;
import static io.headrace.kcl.ReaderPhase.FAILED;
import static io.headrace.kcl.ReaderPhase.FETCHING;
import static io.headrace.kcl.ReaderPhase.HOLDING;
import static io.headrace.kcl.ReaderPhase.STARTING;
import static io.headrace.kcl.ReaderPhase.STOPPED;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * Reads one shard for the functions that read it together: decides when to fetch, what to do with
 * an answer and how long to wait after a failure. Pure: called by {@link ShardReading}, which does
 * what it decides.
 */
final class ShardReader {
  static final TransitionTable<ReaderPhase> TABLE =
      new TransitionTable<>("reader", STARTING)
          .on(STARTING, ReaderEvent.Begun.class, HOLDING)
          .on(STARTING, ReaderEvent.Stopped.class, STOPPED)
          .on(HOLDING, ReaderEvent.Granted.class, FETCHING)
          .on(HOLDING, ReaderEvent.Stopped.class, STOPPED)
          .on(FETCHING, ReaderEvent.Read.class, HOLDING)
          .on(FETCHING, ReaderEvent.GapRead.class, HOLDING)
          .on(FETCHING, ReaderEvent.EndRead.class, ENDED)
          .on(FETCHING, ReaderEvent.FetchFailed.class, BACKING_OFF, FAILED)
          .on(FETCHING, ReaderEvent.Overdue.class, BACKING_OFF)
          .on(FETCHING, ReaderEvent.FetchBroke.class, FAILED)
          .on(FETCHING, ReaderEvent.Stopped.class, STOPPED)
          .on(BACKING_OFF, ReaderEvent.RetryDue.class, HOLDING)
          .on(BACKING_OFF, ReaderEvent.Stopped.class, STOPPED);

  private static final BackOff RETRIES =
      new BackOff(Duration.ofMillis(200), Duration.ofSeconds(10));

  private final String place;
  private final List<ReaderAction> actions = new ArrayList<>();
  private ReaderPhase phase = STARTING;
  private StartingPosition from;
  private Optional<Position> readThrough = Optional.empty();
  private long attempt;
  private int failures;

  /**
   * Makes a reader.
   *
   * @param place the shard and its epoch, for errors
   */
  ShardReader(String place, StartingPosition from) {
    this.place = place;
    this.from = from;
  }

  ReaderPhase phase() {
    return phase;
  }

  /** The last record that was handed out. */
  Optional<Position> readThrough() {
    return readThrough;
  }

  /**
   * Takes an event in.
   *
   * @return what is to be done, in order
   * @throws IllegalStateException when the event can't happen now, naming shard, phase and event
   */
  List<ReaderAction> step(ReaderEvent event) {
    if (event instanceof ReaderEvent.Answer answer && isStale(answer)) {
      return List.of();
    }
    var next = react(event);
    TABLE.check(place, phase, event, next);
    phase = next;
    var wanted = List.copyOf(actions);
    actions.clear();
    return wanted;
  }

  private boolean isStale(ReaderEvent.Answer answer) {
    if (answer.attempt() > attempt) {
      throw new IllegalStateException(
          "reader of " + place + ": attempt " + answer.attempt() + " has not begun: " + answer);
    }
    return answer.attempt() < attempt || phase.isFinal();
  }

  private ReaderPhase react(ReaderEvent event) {
    if (event instanceof ReaderEvent.Begun) {
      actions.add(new ReaderAction.Open(from));
      actions.add(new ReaderAction.SeekDemand());
      return HOLDING;
    }
    if (event instanceof ReaderEvent.Granted granted) {
      actions.add(new ReaderAction.Fetch(++attempt, granted.bytes()));
      return FETCHING;
    }
    if (event instanceof ReaderEvent.Stopped) {
      actions.add(new ReaderAction.CloseCursor());
      return STOPPED;
    }
    if (event instanceof ReaderEvent.RetryDue) {
      actions.add(new ReaderAction.SeekDemand());
      return HOLDING;
    }
    return reactToFetch(event);
  }

  private ReaderPhase reactToFetch(ReaderEvent event) {
    if (event instanceof ReaderEvent.Read read) {
      handOut(read.records());
      return HOLDING;
    }
    actions.add(new ReaderAction.Settle(0));
    if (event instanceof ReaderEvent.GapRead read) {
      failures = 0;
      actions.add(new ReaderAction.TellGap(read.gap()));
      actions.add(new ReaderAction.SeekDemand());
      return HOLDING;
    }
    if (event instanceof ReaderEvent.EndRead end) {
      actions.add(new ReaderAction.CloseCursor());
      actions.add(new ReaderAction.TellEnd(end.children()));
      return ENDED;
    }
    if (event instanceof ReaderEvent.FetchFailed failed) {
      return afterFailure(failed.cause());
    }
    if (event instanceof ReaderEvent.FetchBroke broke) {
      return fail(broke.cause());
    }
    // Overdue: whatever the old cursor still does, its answer has an old number.
    retry(new TimeoutException("no answer to a fetch of " + place));
    actions.add(new ReaderAction.Open(from));
    return BACKING_OFF;
  }

  private void handOut(List<StreamRecord> records) {
    failures = 0;
    long bytes = 0;
    var before = readThrough.orElse(null);
    for (var record : records) {
      var position = record.position();
      if (before != null && position.compareTo(before) <= 0) {
        throw new IllegalStateException(
            "reader of " + place + ": read " + position + " after " + before);
      }
      before = position;
      bytes += record.budgetBytes();
    }
    actions.add(new ReaderAction.Settle(bytes));
    if (before != null && !records.isEmpty()) {
      readThrough = Optional.of(before);
      from = StartingPosition.after(before);
      actions.add(new ReaderAction.HandOut(records, bytes));
    }
    actions.add(new ReaderAction.SeekDemand());
  }

  private ReaderPhase afterFailure(StreamException cause) {
    switch (cause.kind()) {
      case RETRYABLE, REFUSED -> {
        // Rights come back when somebody mends them: that is waited for, not hurried.
        retry(cause);
        return BACKING_OFF;
      }
      case NOT_FOUND, INVALID -> {
        return fail(cause);
      }
    }
    throw new AssertionError(cause.kind());
  }

  private void retry(Throwable cause) {
    failures++;
    boolean refused =
        cause instanceof StreamException failed && failed.kind() == StreamException.Kind.REFUSED;
    var wait = refused ? RETRIES.longest() : RETRIES.after(failures);
    actions.add(new ReaderAction.RetryIn(++attempt, wait, cause));
  }

  private ReaderPhase fail(Throwable cause) {
    actions.add(new ReaderAction.CloseCursor());
    actions.add(new ReaderAction.TellFailure(cause));
    return FAILED;
  }
}
