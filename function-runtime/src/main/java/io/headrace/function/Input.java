package io.headrace.function;

import io.headrace.kcl.Start;
import io.headrace.kcl.StreamSource;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A stream that a function reads, and how its records are understood. Immutable. */
public final class Input<I> {
  private final StreamSource source;
  private final Codec<? extends I> codec;
  private final Start start;
  private final @Nullable Function<? super I, Instant> eventTime;
  private final @Nullable Predicate<? super I> end;
  private final Misrouted misrouted;

  private Input(
      StreamSource source,
      Codec<? extends I> codec,
      Start start,
      @Nullable Function<? super I, Instant> eventTime,
      @Nullable Predicate<? super I> end,
      Misrouted misrouted) {
    this.source = Objects.requireNonNull(source, "source");
    this.codec = Objects.requireNonNull(codec, "codec");
    this.start = Objects.requireNonNull(start, "start");
    this.eventTime = eventTime;
    this.end = end;
    this.misrouted = Objects.requireNonNull(misrouted, "misrouted");
  }

  /** Reads from the oldest record on. */
  public static <I> Input<I> of(StreamSource source, Codec<? extends I> codec) {
    return new Input<>(source, codec, Start.HORIZON, null, null, Misrouted.DEAD_LETTER);
  }

  /** Where a function begins that never read the stream; resolved once and kept. */
  public Input<I> startingAt(Start position) {
    return new Input<>(source, codec, position, eventTime, end, misrouted);
  }

  /** Where event time is found; without it, it is the time of arrival. */
  public Input<I> timedBy(Function<? super I, Instant> eventTime) {
    Objects.requireNonNull(eventTime, "eventTime");
    return new Input<>(source, codec, start, eventTime, end, misrouted);
  }

  /**
   * For inputs that end. A record for which {@code end} holds is not handed to the function: it
   * moves the watermark of its shard to the end of time, which closes all windows there. Put one
   * into each open shard, behind everything else; records that come later are late.
   */
  public Input<I> endedBy(Predicate<? super I> end) {
    Objects.requireNonNull(end, "end");
    return new Input<>(source, codec, start, eventTime, end, misrouted);
  }

  /**
   * What becomes of records that an aggregate brought into a shard that is not theirs; {@link
   * Misrouted#DEAD_LETTER} unless given.
   */
  public Input<I> misrouted(Misrouted fate) {
    return new Input<>(source, codec, start, eventTime, end, fate);
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

  @Nullable Function<? super I, Instant> eventTime() {
    return eventTime;
  }

  @Nullable Predicate<? super I> end() {
    return end;
  }

  Misrouted misrouted() {
    return misrouted;
  }
}
