package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the records of one input. Immutable; called on the invocation pool. */
final class Decoder<I> {
  /** What was found in a record. */
  record Decoded<I>(I value, Instant time, boolean end) {}

  /** The payload is not what the specification says. Terminal: no retry mends it. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;

    final String code;

    Unreadable(String code, String message, @Nullable Throwable cause) {
      super(message, cause);
      this.code = code;
    }
  }

  private final Codec<? extends I> codec;
  private final Function<? super I, Instant> time;
  private final boolean timed;
  private final Predicate<? super I> end;

  private Decoder(
      Codec<? extends I> codec,
      @Nullable Function<? super I, Instant> time,
      @Nullable Predicate<? super I> end) {
    this.codec = codec;
    this.timed = time != null;
    this.time = time != null ? time : value -> Instant.EPOCH;
    this.end = end != null ? end : value -> false;
  }

  static <I> Decoder<I> of(Input<I> input) {
    return new Decoder<>(input.codec(), input.eventTime(), input.end());
  }

  /** Whether event time is in the value, so that it is known only once it is decoded. */
  boolean isTimed() {
    return timed;
  }

  /**
   * @throws IOException when a payload that is fetched late can't be had now
   */
  Decoded<I> decode(StreamRecord record) throws IOException, Unreadable {
    byte[] bytes = record.payload().bytes();
    I value = value(bytes);
    try {
      if (end.test(value)) {
        return new Decoded<>(value, record.arrivedAt(), true);
      }
    } catch (RuntimeException | StackOverflowError thrown) {
      throw new Unreadable("Undecodable", "endedBy threw " + thrown.getClass().getName(), thrown);
    }
    return new Decoded<>(value, timed ? timeOf(value) : record.arrivedAt(), false);
  }

  static EventId id(ShardKey shard, Position at) {
    return new EventId(
        shard.stream().name(), shard.shard().value(), at.sequence().value(), at.subSequence());
  }

  private I value(byte[] bytes) throws Unreadable {
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

  private Instant timeOf(I value) throws Unreadable {
    try {
      Instant found = time.apply(value);
      if (found != null) {
        return found;
      }
    } catch (RuntimeException | StackOverflowError thrown) {
      throw new Unreadable("NoEventTime", "timedBy threw " + thrown.getClass().getName(), thrown);
    }
    throw new Unreadable("NoEventTime", "timedBy answered null", null);
  }
}
