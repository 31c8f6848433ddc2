package io.headrace.function;

import io.headrace.checkpoint.ProgressKey;
import io.headrace.function.through.Address;
import io.headrace.function.through.Carrying;
import io.headrace.function.through.Envelope.Carried;
import io.headrace.kcl.BatchLimits;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamSink;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The two stages of a function that is keyed across shards. The first reads its inputs in batches
 * and carries each record to the shard of its key, the second runs the function there. They have
 * one specification, one instance, one sink of dead letters; progress of their own, and a gate of
 * their own, so that an outage of what the function depends on does not hold up the first.
 *
 * @param <I> the input's type
 */
final class ThroughStages<I, O> {
  /** What one put of the first stage holds at most: a few packed records for each shard. */
  static final BatchLimits BATCH = new BatchLimits(1_000, Duration.ZERO);

  /** A batch that is under way, and what gathers meanwhile. */
  static final int IN_FLIGHT = 3_000;

  private final FunctionHost<I, O> host;
  private final Keys.Across<I> keys;
  private final ThroughOutlet outlet;
  private final MarkPost marks;
  private final LaneRunner.Wiring<Carried> sending;

  /** Whether records are summed up before they go through the stream. */
  private final boolean sums;

  private ThroughStages(
      FunctionHost<I, O> host,
      Keys.Across<I> keys,
      ThroughOutlet outlet,
      MarkPost marks,
      LaneRunner.Wiring<Carried> sending) {
    this.host = host;
    this.keys = keys;
    this.outlet = outlet;
    this.marks = marks;
    this.sending = sending;
    this.sums = PartialSums.mayBeOf(host.spec()) && host.joinsSums();
  }

  static <I, O> ThroughStages<I, O> open(
      String application, FunctionHost<I, O> host, ShardedStream stream, StreamSink sink) {
    var spec = host.spec();
    if (!(spec.kind().keys() instanceof Keys.Across<I> keys)) {
      throw new IllegalStateException(spec + " is not keyed across shards");
    }
    var address = new Address(application, spec.firstName());
    var outlets = host.outlets();
    var outlet = new ThroughOutlet(address, stream.name(), sink);
    var carried =
        new FunctionOutlets<>(
            spec.name(), outlet, Map.of(), outlets.letters(), outlets.discarded());
    var wiring =
        new LaneRunner.Wiring<>(
            settings(spec.settings()), carried, host.sendingGate(), host.stuck());
    return new ThroughStages<>(host, keys, outlet, new MarkPost(address, stream, sink), wiring);
  }

  /** How many records of a shard may be with the first stage. */
  static int inFlight(FunctionSpec<?, ?> spec) {
    return PartialSums.mayBeOf(spec) ? SummingGate.RECORDS_MAX : IN_FLIGHT;
  }

  /** Keys are found in no time: the limit of a call is the function's own. */
  private static FunctionSettings settings(FunctionSettings of) {
    return new FunctionSettings(
        BATCH,
        of.retry(),
        Optional.empty(),
        IN_FLIGHT,
        of.executor(),
        Map.of(),
        Delivery.GATHERING,
        of.redaction(),
        of.threads(),
        Optional.empty(),
        of.committing(),
        of.descent(),
        of.shadow(),
        List.of());
  }

  /** Handlers of an input's shards. */
  ShardHandler.Factory sending(Input<? extends I> input, ShardedStream stream) {
    var decoder = FunctionHost.<I>decoder(input);
    return context -> {
      var carrying = new Carrying();
      var engine = Overhearing.of(context);
      var heard = Overhearing.of(engine.in(context));
      var rekeying = new Rekeying<I>(keys.key(), context.key().stream(), carrying);
      var watched = Rekeying.watched(decoder, carrying);
      return LetterGate.open(
          host.spec(),
          place(context, stream.name()),
          heard.in(engine.in(context)),
          host.environment(),
          scope -> {
            var behind = new BatchHandler<>(scope, watched, rekeying, sending);
            return host.filtered(scope, input, summed(scope, watched, carrying, heard, behind));
          },
          scope ->
              handler ->
                  host.gatedButForKeys(
                      scope,
                      input,
                      new ThroughSender(scope, carrying, engine, stream, marks, handler)),
          host);
    };
  }

  private ShardHandler summed(
      Scope scope, Decoder<I> decoder, Carrying carrying, Overhearing engine, ShardHandler behind) {
    if (!sums) {
      return behind;
    }
    var kind = (FunctionKind.Windowing<I, ?, O>) host.spec().kind();
    return new SummingGate<>(
        scope, sums(scope, decoder, kind, carrying), carrying, sending, engine, behind);
  }

  private <A> PartialSums<I, A> sums(
      Scope scope, Decoder<I> decoder, FunctionKind.Windowing<I, A, O> kind, Carrying carrying) {
    return new PartialSums<>(scope, decoder, kind, host.<A>windowing(), carrying, outlet);
  }

  /** Handlers of the through-stream's shards. */
  ShardHandler.Factory receiving() {
    var spec = host.spec();
    var address = outlet.address();
    var decoder = new ThroughDecoder<I>(address, spec.inputs());
    var inputs = spec.inputs().stream().map(input -> input.source().name()).toList();
    var through = spec.throughStream().orElseThrow().name();
    return context -> {
      var engine = Overhearing.of(context);
      return LetterGate.open(
          spec,
          place(context, through),
          engine.in(context),
          host.environment(),
          scope -> {
            scope.shown = bytes -> ThroughReceiver.shown(address, bytes);
            return host.open(scope, decoder);
          },
          scope ->
              handler ->
                  // Sees each record: one that an operator keeps back is no duplicate of itself
                  // later.
                  new ThroughReceiver(
                      scope,
                      address,
                      inputs,
                      hearsMarks(),
                      host.letters(scope),
                      engine,
                      host.beforeOperators(scope, sorted(scope, handler))),
          host);
    };
  }

  /** What is sorted shows its event time by itself. */
  private boolean hearsMarks() {
    var spec = host.spec();
    return spec.isWindowed() || (host.hasTimers() && spec.settings().sorted().isEmpty());
  }

  private ShardHandler sorted(Scope scope, ShardHandler handler) {
    return host.spec()
        .settings()
        .sorted()
        .<ShardHandler>map(wait -> new SortingGate(scope, wait, handler))
        .orElse(handler);
  }

  private ProgressKey place(ShardHandler.Context context, String stream) {
    return new ProgressKey(context.key(), host.spec().handlerName(stream));
  }
}
