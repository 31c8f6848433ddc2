package io.headrace.console;

import io.headrace.function.FunctionEvent;
import io.headrace.function.RuntimeListener;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.WorkerEvent;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks a run record by record: what was put, what each function settled, and how far it
 * committed. It believes no counter: a record counts as handled when the position under which the
 * stream stored it was settled, and is missing when a commit passed it and nobody settled it.
 *
 * <p>Safe for all threads: producers and the loops of several workers write, the console reads.
 */
final class Ledger implements RuntimeListener {
  /**
   * Where the records of one function are. All but {@code duplicates} add up to {@code put}.
   *
   * @param inFlight neither settled nor passed by a commit: still to be delivered
   * @param droppedAsMisrouted brought by an aggregate into a shard that was not theirs, and dropped
   *     because the input says so
   * @param skipped passed over because an operator said so
   * @param parked in a durable store, from which they are still to be handled
   * @param unaccounted passed by a commit without having been settled: lost
   * @param duplicates records that were settled more than once, or stored more than once
   */
  record Account(
      long put,
      long handled,
      long filtered,
      long deadLettered,
      long droppedAsMisrouted,
      long skipped,
      long parked,
      long inFlight,
      long unaccounted,
      long duplicates) {
    static final Account EMPTY = new Account(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    Account plus(Account other) {
      return new Account(
          put + other.put,
          handled + other.handled,
          filtered + other.filtered,
          deadLettered + other.deadLettered,
          droppedAsMisrouted + other.droppedAsMisrouted,
          skipped + other.skipped,
          parked + other.parked,
          inFlight + other.inFlight,
          unaccounted + other.unaccounted,
          duplicates + other.duplicates);
    }
  }

  /** One function in one shard. */
  private static final class Page {
    final Set<Position> put = new HashSet<>();
    final Map<Position, Outcome> settled = new HashMap<>();
    long repeated;
    @Nullable Progress committed;
    boolean ended;

    boolean passed(Position position) {
      if (ended) {
        return true;
      }
      return committed != null
          && (committed.through().filter(through -> position.compareTo(through) <= 0).isPresent()
              || committed.ranges().stream()
                  .anyMatch(
                      range ->
                          position.compareTo(range.first()) >= 0
                              && position.compareTo(range.last()) <= 0));
    }
  }

  private record PageKey(String function, String stream, String shard) {}

  private final Map<PageKey, Page> pages = new HashMap<>();
  private long commits;
  private long settled;
  private long put;

  /** Records that a producer stored, for every function that reads the stream. */
  synchronized void stored(List<String> functions, String stream, List<StreamSink.Stored> places) {
    put += places.size();
    for (var function : functions) {
      for (var place : places) {
        var page = page(function, stream, place.shard().value());
        if (!page.put.add(place.position())) {
          throw new IllegalStateException(
              stream + " stored two records at " + place.shard() + " " + place.position());
        }
      }
    }
  }

  /** Any event of a worker; others than the four that matter are let through. */
  @Override
  public synchronized void on(Object event) {
    if (event instanceof WorkerEvent.Settled done) {
      settled++;
      var page = page(done.function(), done.shard());
      if (page.settled.put(done.position(), done.outcome()) != null) {
        page.repeated++;
      }
    } else if (event instanceof FunctionEvent.ParkedSettled done) {
      parkedSettled(done);
    } else if (event instanceof WorkerEvent.Committed commit) {
      commits++;
      page(commit.function(), commit.shard()).committed = commit.progress();
    } else if (event instanceof WorkerEvent.ShardEnded end) {
      page(end.function(), end.shard()).ended = true;
    }
  }

  /** It is told of where the record lies, which may be an ancestor of the shard that has it. */
  private void parkedSettled(FunctionEvent.ParkedSettled done) {
    var words = done.id().split("/", 3);
    var read = new PageKey(done.function() + "@" + words[0], words[0], words[1]);
    var page =
        pages.containsKey(read)
            ? page(read.function(), words[0], words[1])
            : page(done.function(), words[0], words[1]);
    var before = page.settled.put(done.position(), done.outcome());
    if (before != null && before != Outcome.PARKED) {
      page.repeated++;
    }
  }

  synchronized long commits() {
    return commits;
  }

  /** Deliveries that were settled so far, repeated ones too. */
  synchronized long settled() {
    return settled;
  }

  synchronized long put() {
    return put;
  }

  synchronized Account account() {
    return pages.values().stream().map(Ledger::account).reduce(Account.EMPTY, Account::plus);
  }

  /** Positions that were passed by a commit and never settled, for the operator to look at. */
  synchronized List<String> missing() {
    return pages.entrySet().stream()
        .flatMap(
            entry ->
                entry.getValue().put.stream()
                    .filter(p -> !entry.getValue().settled.containsKey(p))
                    .filter(entry.getValue()::passed)
                    .map(p -> entry.getKey().function() + " " + entry.getKey().shard() + " " + p))
        .sorted()
        .toList();
  }

  private static Account account(Page page) {
    var outcomes = new EnumMap<Outcome, Long>(Outcome.class);
    long inFlight = 0;
    long unaccounted = 0;
    for (var position : page.put) {
      var outcome = page.settled.get(position);
      boolean passed = page.passed(position);
      if (passed && outcome != null) {
        outcomes.merge(outcome, 1L, Long::sum);
      } else if (passed) {
        unaccounted++;
      } else {
        inFlight++;
      }
    }
    long stored = page.settled.keySet().stream().filter(p -> !page.put.contains(p)).count();
    return new Account(
        page.put.size(),
        outcomes.getOrDefault(Outcome.HANDLED, 0L),
        outcomes.getOrDefault(Outcome.FILTERED, 0L),
        outcomes.getOrDefault(Outcome.DEAD_LETTERED, 0L),
        outcomes.getOrDefault(Outcome.DROPPED_AS_MISROUTED, 0L),
        outcomes.getOrDefault(Outcome.SKIPPED, 0L),
        outcomes.getOrDefault(Outcome.PARKED, 0L),
        inFlight,
        unaccounted,
        page.repeated + stored);
  }

  private Page page(String function, ShardKey shard) {
    return page(function, shard.stream().name(), shard.shard().value());
  }

  private Page page(String function, String stream, String shard) {
    return pages.computeIfAbsent(new PageKey(function, stream, shard), key -> new Page());
  }
}
