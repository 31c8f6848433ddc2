package io.headrace.console;

import io.headrace.function.FunctionEvent;
import io.headrace.function.FunctionSpec;
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

    /** Of those that were put. */
    long settledAs(Outcome outcome) {
      return put.stream().filter(position -> settled.get(position) == outcome).count();
    }

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

  /**
   * Where the records are that first stages carried on ({@link io.headrace.function.Keys#across}).
   * All but {@code filtered} add up to {@code put}.
   *
   * @param put handled by a first stage, each once, however often it was carried
   * @param filtered marks between the stages, and what was carried twice
   * @param inFlight not finished by the second stage, or not passed by a commit of it
   */
  record Carried(
      long put, long handled, long deadLettered, long parked, long filtered, long inFlight) {
    static final Carried NONE = new Carried(0, 0, 0, 0, 0, 0);

    Carried plus(Carried other) {
      return new Carried(
          put + other.put,
          handled + other.handled,
          deadLettered + other.deadLettered,
          parked + other.parked,
          filtered + other.filtered,
          inFlight + other.inFlight);
    }
  }

  /** A stream between two stages of a function. */
  private static final class Between {
    final String function;
    final String stream;

    Between(String function, String stream) {
      this.function = function;
      this.stream = stream;
    }

    boolean isSecond(PageKey page) {
      return page.stream().equals(stream) && page.function().equals(function + "@" + stream);
    }

    boolean isFirst(PageKey page) {
      return page.function().startsWith(function + "@") && !isSecond(page);
    }
  }

  private final Map<String, Between> between = new HashMap<>();
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

  /** Under which a function's progress in a stream is told. */
  static String nameIn(FunctionSpec<?, ?> spec, String stream) {
    return spec.inputs().size() == 1 && spec.throughStream().isEmpty()
        ? spec.name()
        : spec.name() + "@" + stream;
  }

  /** The function is keyed across the shards of this stream, which it alone writes. */
  synchronized void carries(String function, String stream) {
    between.put(function, new Between(function, stream));
  }

  /** Whether anything that was put is not finished, in whichever stage. */
  synchronized boolean isInFlight() {
    return account().inFlight() > 0 || carried().inFlight() > 0;
  }

  synchronized Carried carried() {
    return between.values().stream().map(this::carried).reduce(Carried.NONE, Carried::plus);
  }

  private Carried carried(Between of) {
    long put = 0;
    var second = new EnumMap<Outcome, Long>(Outcome.class);
    for (var entry : pages.entrySet()) {
      var page = entry.getValue();
      if (of.isFirst(entry.getKey())) {
        put += page.settledAs(Outcome.HANDLED);
      } else if (of.isSecond(entry.getKey())) {
        page.settled.forEach(
            (position, outcome) -> {
              if (page.passed(position)) {
                second.merge(outcome, 1L, Long::sum);
              }
            });
      }
    }
    long handled = second.getOrDefault(Outcome.HANDLED, 0L);
    long lettered = second.getOrDefault(Outcome.DEAD_LETTERED, 0L);
    long parked = second.getOrDefault(Outcome.PARKED, 0L);
    return new Carried(
        put,
        handled,
        lettered,
        parked,
        second.getOrDefault(Outcome.FILTERED, 0L),
        put - handled - lettered - parked);
  }

  /** Any event of a worker; others than the four that matter are let through. */
  @Override
  public synchronized void on(Object event) {
    if (event instanceof WorkerEvent.Settled done) {
      var key =
          new PageKey(done.function(), done.shard().stream().name(), done.shard().shard().value());
      if (between.values().stream().noneMatch(of -> of.isSecond(key))) {
        settled++;
      }
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
    return pages.entrySet().stream()
        .filter(page -> between.values().stream().noneMatch(of -> of.isSecond(page.getKey())))
        .map(page -> account(page.getValue()))
        .reduce(Account.EMPTY, Account::plus);
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
