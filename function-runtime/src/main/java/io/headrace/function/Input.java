package io.headrace.function;

import io.headrace.kcl.Start;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A stream that a function reads, and how its records are understood. Immutable. */
public final class Input<I> {
  /** Which records the function sees; a fate that is not given depends on the kind of function. */
  private record Sieve(@Nullable RecordFilter filter, @Nullable Unparsable unparsable) {
    static final Sieve NONE = new Sieve(null, null);
  }

  /**
   * How records are found that were put twice.
   *
   * @param id null for the header by which outputs of functions are named
   */
  record Deduplication<I>(@Nullable Function<? super I, String> id, Duration span) {
    /** Longer than producers try again, and short enough to be remembered. */
    private static final Duration SPAN_MAX = Duration.ofDays(1);

    Deduplication {
      if (span.compareTo(Duration.ofSeconds(1)) < 0 || span.compareTo(SPAN_MAX) > 0) {
        throw new IllegalArgumentException(
            "deduplicatedBy, span " + span + ": must be between 1 s and 24 h");
      }
    }
  }

  /**
   * Where event time is found.
   *
   * @param ahead of arrival at most; null for any
   */
  record Timing<I>(Function<? super I, Instant> of, @Nullable Duration ahead) {
    Timing {
      Objects.requireNonNull(of, "eventTime");
      if (ahead != null && (ahead.isNegative() || ahead.compareTo(AHEAD_MAX) > 0)) {
        throw new IllegalArgumentException(
            "timedBy, at most " + ahead + " ahead: must be between 0 and 366 days");
      }
    }

    boolean isBeyond(Instant time, Instant arrivedAt) {
      return ahead != null && time.isAfter(arrivedAt.plus(ahead));
    }
  }

  private static final Duration AHEAD_MAX = Duration.ofDays(366);

  private final StreamSource source;
  private final Codec<? extends I> codec;
  private final Start start;
  private final @Nullable Timing<I> timing;
  private final @Nullable Predicate<? super I> end;
  private final Misrouted misrouted;
  private final Sieve sieve;
  private final @Nullable Deduplication<I> deduplication;
  private final @Nullable Duration idle;

  private Input(
      StreamSource source,
      Codec<? extends I> codec,
      Start start,
      @Nullable Timing<I> timing,
      @Nullable Predicate<? super I> end,
      Misrouted misrouted,
      Sieve sieve,
      @Nullable Deduplication<I> deduplication,
      @Nullable Duration idle) {
    this.source = Objects.requireNonNull(source, "source");
    this.codec = Objects.requireNonNull(codec, "codec");
    this.start = Objects.requireNonNull(start, "start");
    this.timing = timing;
    this.end = end;
    this.misrouted = Objects.requireNonNull(misrouted, "misrouted");
    this.sieve = sieve;
    this.deduplication = deduplication;
    this.idle = idle;
  }

  /** Reads from the oldest record on. */
  public static <I> Input<I> of(StreamSource source, Codec<? extends I> codec) {
    return new Input<>(
        source, codec, Start.HORIZON, null, null, Misrouted.DEAD_LETTER, Sieve.NONE, null, null);
  }

  /** Where a function begins that never read the stream; resolved once and kept. */
  public Input<I> startingAt(Start position) {
    return new Input<>(source, codec, position, timing, end, misrouted, sieve, deduplication, idle);
  }

  /**
   * Where event time is found; without it, it is the time of arrival. One record of a wrong time
   * far ahead tells all windows of its shard: see {@link #timedBy(Function, Duration)}. One without
   * a time, or with one that milliseconds don't hold, as {@link Instant#MIN} and {@link
   * Instant#MAX}, is a dead letter, {@code NoEventTime}, and moves no event time.
   */
  public Input<I> timedBy(Function<? super I, Instant> eventTime) {
    return timed(new Timing<I>(eventTime, null));
  }

  /**
   * Where event time is found, and how far it may be ahead of arrival. What is further ahead is a
   * dead letter, {@code FutureEventTime}, and moves no event time.
   *
   * @param aheadAtMost 0 to 366 days; a day is more than clocks and time zones are wrong by
   */
  public Input<I> timedBy(Function<? super I, Instant> eventTime, Duration aheadAtMost) {
    return timed(new Timing<I>(eventTime, Objects.requireNonNull(aheadAtMost, "aheadAtMost")));
  }

  private Input<I> timed(Timing<I> timing) {
    return new Input<>(source, codec, start, timing, end, misrouted, sieve, deduplication, idle);
  }

  /**
   * Lets event time go on in a silent shard: once nothing has come for so long, and all that came
   * is read, it moves as the worker's clock does, so that windows are told and timers fire there.
   * Without it they wait for the next record. A record that then comes with a time that is over is
   * late, so this should be longer than a producer may be cut off and still be waited for.
   *
   * <p>Event time moves only while something waits for it, and what it closes is told once it is
   * committed: after a crash it stands where it stood.
   *
   * @param silence from 1 s to 366 days
   */
  public Input<I> idleAfter(Duration silence) {
    if (silence.compareTo(Duration.ofSeconds(1)) < 0 || silence.compareTo(AHEAD_MAX) > 0) {
      throw new IllegalArgumentException(
          "idleAfter " + silence + ": must be between 1 s and 366 days");
    }
    return new Input<>(source, codec, start, timing, end, misrouted, sieve, deduplication, silence);
  }

  /**
   * For inputs that end. A record for which {@code end} holds is not handed to the function: it
   * moves the watermark of its shard to the end of time, which closes all windows there and fires
   * all timers in event time. What such a timer, due later than any record of the shard, sets in
   * event time itself is not kept, as it would never end; timers by the clock go on. Put one into
   * each open shard, behind everything else; records that come later are late.
   */
  public Input<I> endedBy(Predicate<? super I> end) {
    Objects.requireNonNull(end, "end");
    return new Input<>(source, codec, start, timing, end, misrouted, sieve, deduplication, idle);
  }

  /**
   * What becomes of records that an aggregate brought into a shard that is not theirs; {@link
   * Misrouted#DEAD_LETTER} unless given.
   */
  public Input<I> misrouted(Misrouted fate) {
    return new Input<>(source, codec, start, timing, end, fate, sieve, deduplication, idle);
  }

  /**
   * Only records that one of these patterns matches reach the function; the others count as
   * filtered, and the position passes them. In the language of Amazon EventBridge, as AWS Lambda's
   * filters for Kinesis:
   *
   * <pre>{@code
   * {"data": {"order": {"type": ["buy"], "amount": [{"numeric": [">", 100]}]}}}
   * {"partitionKey": [{"prefix": "vip-"}]}
   * }</pre>
   *
   * <p>{@code data} is the payload as JSON. Beside it stand {@code partitionKey}, {@code
   * sequenceNumber} (text), {@code approximateArrivalTimestamp} (seconds since 1970), {@code
   * kinesisSchemaVersion} ({@code "1.0"}) and, beyond Lambda, {@code headers}. A name at the top
   * that is none of these is refused, since no record would ever match it. Numbers are equal by
   * value: {@code [300]} matches 300.0 and 3.0e2.
   *
   * <p>A record that is filtered never reaches the codec, the function or its windows, and moves no
   * watermark.
   *
   * @param patterns 1 to 100, each of up to 65,536 characters
   * @throws FilterException for the first pattern that is none, with line and column
   */
  public Input<I> filteredBy(String... patterns) {
    if (sieve.filter() != null) {
      throw new IllegalStateException(
          "stream "
              + source.name()
              + ", filteredBy: the input is filtered already; give all patterns in one call, each"
              + " of which lets a record through");
    }
    var filter = RecordFilter.Language.find().compile(List.of(patterns));
    return new Input<>(
        source,
        codec,
        start,
        timing,
        end,
        misrouted,
        new Sieve(Objects.requireNonNull(filter, "filter"), sieve.unparsable()),
        deduplication,
        idle);
  }

  /**
   * What becomes of records that {@link #filteredBy} can't judge, as their payload is not JSON.
   * Unless given: {@link Unparsable#DEAD_LETTER}, and {@link Unparsable#DROP} for Lambda handlers.
   */
  public Input<I> unparsable(Unparsable fate) {
    Objects.requireNonNull(fate, "fate");
    return new Input<>(
        source,
        codec,
        start,
        timing,
        end,
        misrouted,
        new Sieve(sieve.filter(), fate),
        deduplication,
        idle);
  }

  /**
   * Drops records that their producer put twice, as one does that was not answered: of those with
   * one id and one partition key in a shard, the first is handed on, and later ones count as
   * filtered while it is remembered. What is remembered is a part of every commit and goes through
   * splits and merges, so it needs a place for state ({@link FunctionRuntime#stateIn}).
   *
   * @param id asked on the invocation pool, beside the function's own decoding; where it answers
   *     null or an empty text, or throws, the record goes on
   * @param span 1 s to 24 h, by the times at which records arrived; a shard remembers 100,000 ids
   *     at most, and says so where that is not enough
   */
  public Input<I> deduplicatedBy(Function<? super I, String> id, Duration span) {
    Objects.requireNonNull(id, "id");
    return deduplicated(new Deduplication<>(id, span));
  }

  /**
   * As {@link #deduplicatedBy}, by the id that outputs of functions carry ({@link
   * Destination.Envelope#KPL_TAGS}): what another function sent again, as it does after a crash, is
   * dropped. With a function that keeps its outputs until they are committed on the one side and
   * this on the other, each output counts once.
   *
   * @param span 1 s to 24 h, longer than a fail-over takes; a record without an id goes on
   */
  public Input<I> deduplicated(Duration span) {
    return deduplicated(new Deduplication<I>(null, span));
  }

  private Input<I> deduplicated(Deduplication<I> how) {
    return new Input<>(source, codec, start, timing, end, misrouted, sieve, how, idle);
  }

  public StreamSource source() {
    return source;
  }

  public Codec<? extends I> codec() {
    return codec;
  }

  Start start() {
    return start;
  }

  @Nullable Timing<I> timing() {
    return timing;
  }

  @Nullable Predicate<? super I> end() {
    return end;
  }

  /** How long a shard must be silent for event time to go on; null for ever. */
  @Nullable Duration idle() {
    return idle;
  }

  Misrouted misrouted() {
    return misrouted;
  }

  @Nullable Deduplication<I> deduplication() {
    return deduplication;
  }

  @Nullable RecordFilter filter() {
    return sieve.filter();
  }

  /** The fate that was given, else that of the kind of function. */
  Unparsable unparsable(FunctionKind<?, ?> kind) {
    var chosen = sieve.unparsable();
    if (chosen != null) {
      return chosen;
    }
    return kind instanceof FunctionKind.Lambda ? Unparsable.DROP : Unparsable.DEAD_LETTER;
  }
}
