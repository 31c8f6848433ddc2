package io.headrace.function;

import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the records of one stream. Immutable; called on the invocation pool. */
abstract class Decoder<I> {
  /**
   * What was found in a record.
   *
   * @param watermark up to which event time the shard is read with it
   * @param carried where it comes from, if that is another stream than the one that is read
   */
  record Decoded<I>(
      I value, Instant time, boolean end, Instant watermark, @Nullable Carried carried) {
    /** Whatever ends before this is closed for the record, where it comes from. */
    Instant closedBefore() {
      return carried == null ? Instant.MIN : carried.watermark();
    }

    static <I> Decoded<I> at(I value, Instant time) {
      return new Decoded<>(value, time, false, time, null);
    }
  }

  /** The payload is not what the specification says. Terminal: no retry mends it. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;

    final String code;

    Unreadable(String code, String message, @Nullable Throwable cause) {
      super(message, cause);
      this.code = code;
    }
  }

  static <I> Decoder<I> of(Input<I> input) {
    return new OfInput<>(input);
  }

  /** Whether event time is in the value, so that it is known only once it is decoded. */
  abstract boolean isTimed();

  /** Whether there are records that say that nothing more comes; known once they are decoded. */
  boolean mayEnd() {
    return false;
  }

  /** {@link Input#idleAfter}; null where it is not given. */
  @Nullable Duration idleAfter() {
    return null;
  }

  /**
   * @throws IOException when a payload that is fetched late can't be had now
   */
  abstract Decoded<I> decode(StreamRecord record) throws IOException, Unreadable;

  /**
   * The sum of several records that lies in the place of one; null where it is a record.
   *
   * @throws IOException when a payload that is fetched late can't be had now
   */
  @Nullable Partial partial(StreamRecord record) throws IOException, Unreadable {
    return null;
  }

  static EventId id(ShardKey shard, Position at) {
    return new EventId(
        shard.stream().name(), shard.shard().value(), at.sequence().value(), at.subSequence());
  }

  static <I> I value(Codec<? extends I> codec, byte[] bytes) throws Unreadable {
    try {
      I value = codec.decode(bytes, codec.version());
      if (value != null) {
        return value;
      }
    } catch (Exception | StackOverflowError thrown) {
      // Deeply nested payloads overflow recursive parsers: that is the payload's fault.
      throw new Unreadable("Undecodable", String.valueOf(thrown.getMessage()), thrown);
    }
    throw new Unreadable("Undecodable", "the codec answered null", null);
  }

  private static final class OfInput<I> extends Decoder<I> {
    /**
     * Beyond these no window can be cut; and {@link Instant#MAX}, which some take for a time that
     * is not known, is the end of an input here.
     */
    private static final Instant EARLIEST = Instant.ofEpochMilli(Long.MIN_VALUE);

    private static final Instant LATEST = Instant.ofEpochMilli(Long.MAX_VALUE);

    private final Codec<? extends I> codec;
    private final Input.@Nullable Timing<I> timing;
    private final @Nullable Predicate<? super I> end;
    private final @Nullable Duration idle;

    OfInput(Input<I> input) {
      this.codec = input.codec();
      this.timing = input.timing();
      this.idle = input.idle();
      this.end = input.end();
    }

    @Override
    boolean isTimed() {
      return timing != null;
    }

    @Override
    boolean mayEnd() {
      return end != null;
    }

    @Override
    @Nullable Duration idleAfter() {
      return idle;
    }

    @Override
    Decoded<I> decode(StreamRecord record) throws IOException, Unreadable {
      byte[] bytes = record.payload().bytes();
      I value = Decoder.<I>value(codec, bytes);
      try {
        if (end != null && end.test(value)) {
          return new Decoded<>(value, record.arrivedAt(), true, Instant.MAX, null);
        }
      } catch (RuntimeException | StackOverflowError thrown) {
        throw new Unreadable("Undecodable", "endedBy threw " + thrown.getClass().getName(), thrown);
      }
      return Decoded.at(
          value, timing == null ? record.arrivedAt() : timeOf(timing, value, record.arrivedAt()));
    }

    private static <I> Instant timeOf(Input.Timing<I> timing, I value, Instant arrivedAt)
        throws Unreadable {
      Instant found;
      try {
        found = timing.of().apply(value);
      } catch (RuntimeException | StackOverflowError thrown) {
        throw new Unreadable("NoEventTime", "timedBy threw " + thrown.getClass().getName(), thrown);
      }
      if (found == null) {
        throw new Unreadable("NoEventTime", "timedBy answered null", null);
      }
      if (found.isBefore(EARLIEST) || found.isAfter(LATEST)) {
        throw new Unreadable("NoEventTime", "event time lies beyond what milliseconds hold", null);
      }
      if (timing.isBeyond(found, arrivedAt)) {
        throw new Unreadable(
            "FutureEventTime",
            "event time is more than " + timing.ahead() + " ahead of arrival at " + arrivedAt,
            null);
      }
      return found;
    }
  }
}
