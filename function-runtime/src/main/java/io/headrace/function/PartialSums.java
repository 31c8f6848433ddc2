package io.headrace.function;

import io.headrace.function.through.Carrying;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.function.through.Routing;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Sums records up before they go through a stream: those of one key that fall into the same
 * windows. One call at a time, on the invocation pool, with the records in the shard's order: so
 * whether a record is late is judged by all that lies before it.
 *
 * <p>What can't be summed up goes by itself, for whatever reason: where it fails there, it is told,
 * tried again and put into the dead letters.
 */
final class PartialSums<I, A> {
  /** Behind a function's name: what workers read of the sums between its stages. */
  static final String PART = "@sums";

  static final int VERSION = 1;

  /** What a record takes in the stream besides its payload, about. */
  private static final int ENVELOPE_BYTES = 250;

  /** A record that goes by itself, and whether later ones of its partition key wait for it. */
  record Apart(StreamRecord record, boolean blocks) {}

  /**
   * A stretch as it is sent.
   *
   * @param carried the records that the parcels stand for
   * @param apart those that could not be prepared
   */
  record Prepared(
      List<Outlet.Parcel<?>> parcels, List<Position> carried, List<StreamRecord> apart) {}

  /** Whatever the function does, it is tried again elsewhere. */
  private record OnlyAttempt(Instant deadline, long fencingToken) implements Attempt {
    @Override
    public int number() {
      return 1;
    }

    @Override
    public Duration remaining() {
      return REMAINING;
    }
  }

  private static final Duration REMAINING = Duration.ofHours(1);

  private final Scope scope;
  private final Decoder<I> decoder;
  private final Keys.Across<I> keys;
  private final Windows windows;
  private final WindowFunction<I, A, ?> function;
  private final StateCodec<A> codec;
  private final Carrying carrying;
  private final ThroughOutlet outlet;
  private final ShardKey shard;
  private final Attempt attempt;

  PartialSums(
      Scope scope,
      Decoder<I> decoder,
      FunctionKind.Windowing<I, A, ?> kind,
      WindowFunction<I, A, ?> function,
      Carrying carrying,
      ThroughOutlet outlet) {
    this.scope = scope;
    this.decoder = decoder;
    this.keys = (Keys.Across<I>) kind.keys();
    this.windows = kind.windows();
    this.function = function;
    this.codec = new StateCodec<>(scope, kind.codec());
    this.carrying = carrying;
    this.outlet = outlet;
    this.shard = scope.context.key();
    this.attempt = new OnlyAttempt(Instant.MAX, scope.context.fencingToken());
  }

  /** Whether a function may have any, whatever its merge does. */
  static boolean mayBeOf(FunctionSpec<?, ?> spec) {
    return spec.kind() instanceof FunctionKind.Windowing<?, ?, ?> kind
        && kind.partial()
        && kind.keys() instanceof Keys.Across
        // Which session a record is of is found among those that there are.
        && !kind.windows().areSessions()
        // What is in force is known where the windows are.
        && spec.broadcasts().isEmpty();
  }

  /**
   * Adds records to a stretch.
   *
   * @param horizon what lies before goes by itself
   * @param blocked partition keys of which a record goes by itself and was not settled
   * @return those that were not added, in the shard's order
   */
  List<Apart> fold(
      List<StreamRecord> records, Stretch<A> into, Horizon horizon, Set<String> blocked) {
    var apart = new ArrayList<Apart>();
    var waiting = new HashSet<>(blocked);
    for (var record : records) {
      var way = fold(record, into, horizon, waiting);
      if (way == Way.BLOCKS) {
        waiting.add(record.key().text());
      }
      if (way != Way.SUMMED) {
        apart.add(new Apart(record, way == Way.BLOCKS));
      }
    }
    return apart;
  }

  private enum Way {
    SUMMED,
    /** By itself: no later record has a window in common with it. */
    APART,
    BLOCKS
  }

  private Way fold(StreamRecord record, Stretch<A> into, Horizon horizon, Set<String> waiting) {
    try {
      var decoded = decoder.decode(record);
      if (decoded.end()) {
        return Way.APART;
      }
      var key = StateKey.keyOf(keys.key(), decoded.value());
      var before = carrying.timed(record.position(), decoded.time());
      var spans = windows.of(decoded.time());
      var judged = WindowClock.later(before, carrying.othersReached());
      long due = spans.stream().filter(span -> windows.isDue(span.end(), judged)).count();
      if (due == spans.size()) {
        return Way.APART;
      }
      if (due > 0 || horizon.covers(record) || waiting.contains(record.key().text())) {
        return Way.BLOCKS;
      }
      var member = new Stretch.Member(record, decoded.time(), before);
      return add(key, spans, member, decoded.value(), into) ? Way.SUMMED : Way.BLOCKS;
    } catch (Throwable fault) {
      Failure.requireMendable(fault);
      return Way.BLOCKS;
    }
  }

  private boolean add(
      String key, List<Windows.Span> spans, Stretch.Member member, I value, Stretch<A> into) {
    var found = into.sumOf(key, spans, windows.areDisjoint());
    var sum = found != null ? found : new Stretch.Sum<>(key, spans, function.empty());
    if (sum.spoiled) {
      into.add(sum, member, sum.value);
      return true;
    }
    var event =
        new RecordEvent<>(
            member.record(), shard, value, member.time(), attempt, scope.environment.broadcasts());
    // Of a value that can be changed, a call that fails may have added half: in no sum, then.
    sum.spoiled = true;
    A next = function.add(sum.value, event);
    if (next == null) {
      return false;
    }
    sum.spoiled = false;
    into.add(sum, member, next);
    return true;
  }

  /** Makes envelopes of a stretch: of a sum that gains nothing, those of its records. */
  Prepared prepare(Stretch<A> stretch) {
    var prepared = new Prepared(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (var sum : stretch.sums()) {
      var together = together(sum);
      if (together.isPresent()) {
        prepared.parcels().add(together.get());
        sum.members.forEach(member -> prepared.carried().add(member.record().position()));
      } else {
        sum.members.forEach(member -> alone(sum.key, member, prepared));
      }
    }
    return prepared;
  }

  private Optional<Outlet.Parcel<?>> together(Stretch.Sum<A> sum) {
    var members = sum.members;
    if (members.size() == 1 || sum.spoiled) {
      return Optional.empty();
    }
    try {
      var encoded = codec.encode(new StateKey(Routing.partitionKey(sum.key), sum.key), sum.value);
      var partial =
          new Partial(
              shard,
              members.stream().map(member -> member.record().position()).toList(),
              sum.key,
              members.stream().map(Stretch.Member::time).min(Instant::compareTo).orElseThrow(),
              members.stream().map(Stretch.Member::time).max(Instant::compareTo).orElseThrow(),
              encoded.codecVersion(),
              encoded.bytes());
      long alone = 0;
      for (var member : members) {
        alone += ENVELOPE_BYTES + member.record().payload().size();
      }
      long most = alone;
      return outlet
          .prepare(origin(members.get(0)), partial)
          .filter(parcel -> ThroughOutlet.sizeOf(parcel) <= most);
    } catch (Throwable fault) {
      Failure.requireMendable(fault); // The state's codec: by themselves its records need it later.
      return Optional.empty();
    }
  }

  private void alone(String key, Stretch.Member member, Prepared prepared) {
    var record = member.record();
    try {
      var envelope =
          Rekeying.envelope(shard, record, false, key, member.time(), member.watermark());
      prepared.parcels().add(Outlet.Parcel.of(outlet, origin(member), envelope));
      prepared.carried().add(record.position());
    } catch (Exception refused) { // It is told where it is prepared again.
      prepared.apart().add(record);
    }
  }

  private Outlet.Origin origin(Stretch.Member member) {
    return new Outlet.Origin(Decoder.id(shard, member.record().position()).toString());
  }
}
