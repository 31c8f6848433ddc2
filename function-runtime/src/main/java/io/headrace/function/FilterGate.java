package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before every kind of handler and keeps back what {@link Input#filteredBy} filters, so that
 * no handler need know of filters. Owned by the worker loop.
 *
 * <p>Payloads are parsed on the background pool, one batch of the shard after the other, so records
 * keep their order. Each record is judged by itself: what one of a batch is found to be says
 * nothing of the others. A record that is kept back waits for no lane.
 */
final class FilterGate extends Gate {
  static final String CODE = "Unparsable";

  /** A handler that is told how far the shard is read, where it gets nothing of it. */
  interface Witness {
    /** Records were kept back, the latest of which arrived then; behind what was handed over. */
    void keptBack(Instant latestArrival);
  }

  private static final Logger LOG = LoggerFactory.getLogger(FilterGate.class);

  /** How soon a payload that can't be had is asked for again. */
  private static final Duration UNREADABLE_WAIT = Duration.ofSeconds(1);

  private final Scope scope;
  private final RecordFilter filter;
  private final Unparsable fate;
  private final LetterWriter letters;

  /** Came while others were judged, in the shard's order. */
  private final ArrayDeque<List<StreamRecord>> waiting = new ArrayDeque<>();

  /** Under judgement; null when none are. */
  private @Nullable List<StreamRecord> judging;

  private boolean draining;
  private long unparsable;

  /** Of the task that judges; there is one at a time. */
  private boolean toldFailing;

  FilterGate(
      Scope scope,
      RecordFilter filter,
      Unparsable fate,
      LetterWriter letters,
      ShardHandler behind) {
    super(behind);
    this.scope = scope;
    this.filter = filter;
    this.fate = fate;
    this.letters = letters;
  }

  @Override
  public void handle(List<StreamRecord> records) {
    waiting.add(records);
    next();
  }

  /** What is not judged yet may have an earlier time. */
  @Override
  public void atTip() {
    if (judging == null && waiting.isEmpty()) {
      super.atTip();
    }
  }

  /** What is not judged yet is the next owner's. */
  @Override
  public void drain() {
    draining = true;
    var left = new ArrayList<Position>();
    if (judging != null) {
      waiting.addFirst(judging);
      judging = null;
    }
    waiting.forEach(records -> records.forEach(record -> left.add(record.position())));
    waiting.clear();
    scope.giveBack(left);
    super.drain();
  }

  private void next() {
    if (judging == null && !draining && !waiting.isEmpty()) {
      var records = waiting.remove();
      judging = records;
      judge(records);
    }
  }

  private void judge(List<StreamRecord> records) {
    scope.onPool(
        scope.environment.background(),
        () -> {
          var verdicts = new ArrayList<RecordFilter.Verdict>(records.size());
          try {
            for (var record : records) {
              verdicts.add(verdict(record));
            }
          } catch (IOException thrown) {
            var at = records.get(verdicts.size()).position();
            scope.post(() -> again(records, at, thrown));
            return;
          }
          scope.post(() -> judged(records, verdicts));
        });
  }

  /**
   * A filter that fails on a record can't read it, whatever is to blame: nothing is passed over.
   */
  private RecordFilter.Verdict verdict(StreamRecord record) throws IOException {
    try {
      return filter.judge(record);
    } catch (RuntimeException | StackOverflowError thrown) {
      if (!toldFailing) {
        toldFailing = true;
        // Without its message, which may quote the payload.
        LOG.warn(
            "function {}, shard {}: the filter failed on record {} with {} and takes it as"
                + " unparsable. More of them here are not logged",
            scope.function,
            scope.context.key(),
            record.position(),
            thrown.getClass().getName());
      }
      return RecordFilter.Verdict.UNPARSABLE;
    }
  }

  private void judged(List<StreamRecord> records, List<RecordFilter.Verdict> verdicts) {
    if (judging != records) {
      return; // They went back to the next owner meanwhile.
    }
    judging = null;
    var passed = new ArrayList<StreamRecord>(records.size());
    Instant keptBack = null;
    for (int i = 0; i < records.size(); i++) {
      var record = records.get(i);
      if (passes(record, verdicts.get(i))) {
        passed.add(record);
      } else if (keptBack == null || record.arrivedAt().isAfter(keptBack)) {
        keptBack = record.arrivedAt();
      }
    }
    if (!passed.isEmpty()) {
      behind.handle(passed);
    }
    if (keptBack != null && behind instanceof Witness witness) {
      witness.keptBack(keptBack);
    }
    next();
  }

  /** Whether it is handed on; what is not is settled, or will be when its letter is durable. */
  private boolean passes(StreamRecord record, RecordFilter.Verdict verdict) {
    if (verdict == RecordFilter.Verdict.PASSES) {
      return true;
    }
    if (verdict == RecordFilter.Verdict.FILTERED) {
      settle(record.position(), Outcome.FILTERED);
      return false;
    }
    tellUnparsable(record.position());
    switch (fate) {
      case DELIVER -> {
        return true;
      }
      case DROP -> settle(record.position(), Outcome.FILTERED);
      case DEAD_LETTER -> write(record);
    }
    return false;
  }

  private void settle(Position position, Outcome outcome) {
    scope.context.outcomes().settled(position, outcome);
  }

  private void again(List<StreamRecord> records, Position at, IOException thrown) {
    scope.tell(
        new FunctionEvent.RecordFailed(
            scope.function,
            scope.context.key(),
            at,
            0,
            thrown.getClass().getName(),
            "IOException"));
    scope.later(
        UNREADABLE_WAIT,
        () -> {
          if (judging == records) {
            judge(records);
          }
        });
  }

  private void write(StreamRecord record) {
    var shard = scope.context.key();
    var position = record.position();
    var cause = new TerminalFailure(CODE, "the filter needs its payload, which is not JSON");
    letters.write(
        new TurnedAway(record, scope.idOf(position)),
        new Failure(cause, CODE, true, false),
        CODE,
        () -> {
          scope.tell(new FunctionEvent.DeadLettered(scope.function, shard, position, 0, CODE));
          settle(position, Outcome.DEAD_LETTERED);
        });
  }

  private void tellUnparsable(Position position) {
    unparsable++;
    var shard = scope.context.key();
    if (unparsable == 1) {
      LOG.warn(
          "function {}, shard {}: record {} is not JSON and the filter needs its payload; such"
              + " records are {} (Input.unparsable). More of them here are counted and not logged",
          scope.function,
          shard,
          position,
          switch (fate) {
            case DELIVER -> "handed to the function";
            case DROP -> "filtered out";
            case DEAD_LETTER -> "put into the dead letters";
          });
    }
    scope.tell(
        new FunctionEvent.UnparsableFound(scope.function, shard, position, fate, unparsable));
  }
}
