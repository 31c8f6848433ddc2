package io.headrace.harness.fleet;

import io.headrace.function.through.Address;
import io.headrace.function.through.Envelope;
import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.function.through.EnvelopeException;
import io.headrace.function.through.EnvelopeFormat;
import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Sees all that the first stage of a function keyed across shards puts into its through-stream, and
 * compares it with the input: a mark speaks of nothing that is not in the stream, no record is said
 * to be later than it lies, and the first copies of what has one partition key and one key come in
 * the order of putting. From what it saw it knows how far event time may have come behind the
 * repartition, and how far it must. On the world's loop only.
 */
final class ThroughJudge {
  private final Verdicts verdicts;
  private final Trace trace;
  private final String function;
  private final Address address;
  private final Feed input;
  private final Feed through;
  private final Function<Puts.Put, String> keyOf;
  private final BooleanSupplier known;

  /** By the record's place in the input: where it lies in the through-stream, the first first. */
  private final Map<Position, List<Puts.Put>> copies = new HashMap<>();

  /** By shard of the input, the places of records that are in the through-stream. */
  private final Map<ShardId, BitSet> carried = new HashMap<>();

  /** By shard of the input, where in the through-stream it was first said to be silent. */
  private final Map<ShardId, Position> silentFrom = new HashMap<>();

  /** By shard of the input: the highest event time before each place, parents included. */
  private final Map<ShardId, List<Instant>> heights = new HashMap<>();

  /** Of each partition key and key, in the order of putting, and how many have a copy. */
  private final Map<String, List<Puts.Put>> lanes = new HashMap<>();

  private final Map<String, Integer> done = new HashMap<>();
  private Instant highest = Instant.MIN;
  private int looked;

  /**
   * @param keyOf the function's key of a record of the input
   * @param known false once records were lost, which nobody can say anything of
   */
  ThroughJudge(
      Verdicts verdicts,
      Trace trace,
      String function,
      Feed input,
      Feed through,
      Function<Puts.Put, String> keyOf,
      BooleanSupplier known) {
    this.verdicts = verdicts;
    this.trace = trace;
    this.function = function;
    this.address = new Address(FleetWorld.APPLICATION, function);
    this.input = input;
    this.through = through;
    this.keyOf = keyOf;
    this.known = known;
  }

  boolean leadsTo(Feed feed) {
    return through.equals(feed);
  }

  /** The stream is about to store this. */
  void takes(Puts.Put put, byte[] data) {
    Envelope envelope;
    try {
      envelope = EnvelopeFormat.read(address, data);
    } catch (EnvelopeException none) {
      throw new AssertionError(function + " has put what is no envelope", none);
    }
    if (envelope instanceof Carried record) {
      takes(put, record);
    } else if (envelope instanceof Mark mark) {
      takes(put, mark);
    }
  }

  private void takes(Puts.Put put, Carried record) {
    var source = input.puts().at(record.source().position());
    trace.tell("stream", told(put) + " is record " + source.position().sequence());
    var before = copies.computeIfAbsent(source.position(), p -> new ArrayList<>());
    before.add(put);
    carriedOf(source.shard().shard()).set(source.place());
    if (before.size() > 1 || !known.getAsBoolean()) {
      return;
    }
    if (record.watermark().isAfter(before(source))) {
      verdicts.broken(
          Promise.STATE_IS_EXACT,
          name(source)
              + " would be late by "
              + record.watermark()
              + ", and what lies before it in its shard has come to "
              + before(source));
    }
    look();
    var lane = laneOf(source);
    int index = done.merge(lane, 1, Integer::sum) - 1;
    var due = lanes.getOrDefault(lane, List.of()).get(index);
    if (!due.equals(source)) {
      verdicts.broken(
          Promise.ORDER_BY_KEY,
          name(source) + " is carried on before record " + due.position().sequence());
    }
  }

  private void takes(Puts.Put put, Mark mark) {
    var shard = mark.from().shard();
    var passed = mark.through() == null ? "nothing" : mark.through().sequence();
    trace.tell(
        "stream",
        told(put)
            + " marks "
            + Names.of(shard)
            + " through "
            + passed
            + (mark.silent() ? ", silent" : ""));
    if (mark.silent()) {
      silentFrom.putIfAbsent(shard, put.position());
    }
    if (!known.getAsBoolean()) {
      return;
    }
    int places = input.puts().in(shard).size();
    var through = mark.through();
    if (through != null) {
      places = input.puts().at(through).place() + 1;
      var missing = new BitSet();
      missing.set(0, places);
      missing.andNot(carriedOf(shard));
      missing.andNot(input.puts().trimmedOf(shard));
      if (!missing.isEmpty()) {
        verdicts.broken(
            Promise.NOTHING_PASSED_OVER,
            function
                + ": a mark says that "
                + Names.of(mark.from())
                + " is carried on through record "
                + through.sequence()
                + ", and records "
                + missing
                + " of the shard are not");
      }
    }
    if (mark.watermark().isAfter(height(shard, places))) {
      verdicts.broken(
          Promise.STATE_IS_EXACT,
          function
              + ": a mark tells "
              + mark.watermark()
              + " of "
              + Names.of(mark.from())
              + ", which has come to "
              + height(shard, places));
    }
  }

  /** Learns of what was put into the input since. */
  private void look() {
    var all = input.puts().all();
    for (; looked < all.size(); looked++) {
      var put = all.get(looked);
      lanes.computeIfAbsent(laneOf(put), lane -> new ArrayList<>()).add(put);
      highest = later(highest, EventTimes.timeOf(put));
    }
  }

  private String laneOf(Puts.Put put) {
    return put.key() + " " + keyOf.apply(put);
  }

  /** The former record of the same partition key and key; null for the first. */
  Puts.@Nullable Put former(Puts.Put put) {
    look();
    var lane = lanes.getOrDefault(laneOf(put), List.of());
    int index = lane.indexOf(put);
    return index < 1 ? null : lane.get(index - 1);
  }

  /** Where the record lies in the through-stream; empty when it was never carried on. */
  List<Puts.Put> copiesOf(Puts.Put source) {
    return copies.getOrDefault(source.position(), List.of());
  }

  private BitSet carriedOf(ShardId shard) {
    return carried.computeIfAbsent(shard, s -> new BitSet());
  }

  /** The highest event time that lies before the record in its shard. */
  private Instant before(Puts.Put put) {
    return height(put.shard().shard(), put.place());
  }

  private Instant height(ShardId shard, int place) {
    var known = heights.get(shard);
    if (known == null) {
      // Not in one step: parents are looked up in the same map.
      known = new ArrayList<>(List.of(inherited(shard)));
      heights.put(shard, known);
    }
    var puts = input.puts().in(shard);
    while (known.size() <= place) {
      int next = known.size();
      known.add(later(known.get(next - 1), EventTimes.timeOf(puts.get(next - 1))));
    }
    return known.get(place);
  }

  private Instant height(ShardId shard) {
    return height(shard, input.puts().in(shard).size());
  }

  /** What was on time for one parent is on time for the child. */
  private Instant inherited(ShardId shard) {
    return input.puts().parentsOf(shard).stream()
        .map(this::height)
        .min(Instant::compareTo)
        .orElse(Instant.MIN);
  }

  /**
   * By what the record may have been late: what lies before it, or, where its shard was said to be
   * silent, whatever the others had come to.
   */
  Instant mayBeJudgedBy(Puts.Put source) {
    var first = copiesOf(source);
    if (first.isEmpty() || !wasSilent(source.shard().shard(), first.get(0).position())) {
      return before(source);
    }
    return input.puts().all().stream()
        .filter(put -> !put.at().isAfter(first.get(0).at()))
        .map(EventTimes::timeOf)
        .reduce(before(source), ThroughJudge::later);
  }

  /** Whether the shard or one that it came of was said to be silent before that. */
  private boolean wasSilent(ShardId shard, Position before) {
    var from = silentFrom.get(shard);
    return (from != null && from.compareTo(before) < 0)
        || input.puts().parentsOf(shard).stream().anyMatch(parent -> wasSilent(parent, before));
  }

  /** Event time behind the repartition has not come further than that by now. */
  Instant mayHaveCome() {
    look();
    var now = Position.of(Long.MAX_VALUE);
    return open()
        .filter(shard -> !wasSilent(shard, now))
        .map(this::height)
        .min(Instant::compareTo)
        .orElse(highest);
  }

  /** Event time behind the repartition comes as far when all is read. */
  Instant mustCome() {
    return open().map(this::height).min(Instant::compareTo).orElse(Instant.MIN);
  }

  private Stream<ShardId> open() {
    return input.stream().openShards().stream().map(Shard::id);
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private String told(Puts.Put put) {
    return function + " " + put.position().sequence() + " in " + Names.of(put.shard().shard());
  }

  private String name(Puts.Put put) {
    return function
        + ": record "
        + put.position().sequence()
        + " ("
        + put.key()
        + " number "
        + put.number()
        + " in "
        + Names.of(put.shard())
        + ")";
  }
}
