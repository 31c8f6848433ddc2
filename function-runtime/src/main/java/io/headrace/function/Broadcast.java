package io.headrace.function;

import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A stream that every worker reads whole, beside the inputs of which it runs its share: what all
 * records of a function are held against, such as rules, prices or a list of countries. Each of its
 * records is a version of the whole value; putting another one changes what functions do, without a
 * redeploy. Immutable, and used as a name: {@link FunctionSpec.Options#withBroadcast} has it read,
 * {@link Event#inForce} asks for the version that a record is to be handled by.
 *
 * <p><b>In force</b> for a record is, of the versions that had been in their stream for {@link
 * #settlingFor} when the record arrived, the one with the latest {@link #inForceFrom} that is not
 * behind the record's event time; of equals, the one that arrived last. That depends on what the
 * two streams say of the record and the versions, and on nothing else: so it is the same in a
 * redelivery, after a crash, in another worker and in a replay, and a version that comes late
 * changes no decision that was made.
 *
 * <p>A worker answers only while it is sure to have read all that may be in force. While it is not,
 * {@link Event#inForce} throws {@link Unavailable}, and the function waits as for anything else
 * that is down.
 */
public final class Broadcast<R> {
  private static final Duration SETTLING_DEFAULT = Duration.ofSeconds(10);
  private static final Duration SETTLING_MIN = Duration.ofSeconds(5);
  private static final Duration SETTLING_MAX = Duration.ofHours(1);

  private final StreamSource source;
  private final Codec<R> codec;
  private final @Nullable Function<? super R, Instant> from;
  private final Duration settling;

  private Broadcast(
      StreamSource source,
      Codec<R> codec,
      @Nullable Function<? super R, Instant> from,
      Duration settling) {
    this.source = Objects.requireNonNull(source, "source");
    this.codec = Objects.requireNonNull(codec, "codec");
    this.from = from;
    this.settling = settling;
  }

  /** Reads all that the stream has; what it forgets is kept beside the state of functions. */
  public static <R> Broadcast<R> of(StreamSource source, Codec<R> codec) {
    return new Broadcast<>(source, codec, null, SETTLING_DEFAULT);
  }

  /**
   * The event time from which a version is meant, so that it can be put ahead of its time. Without
   * it, a version is in force for all that arrives later.
   *
   * @param eventTime asked once for each version, on an invocation thread; one for which it throws
   *     or answers null is refused as one that can't be decoded
   */
  public Broadcast<R> inForceFrom(Function<? super R, Instant> eventTime) {
    return new Broadcast<>(source, codec, Objects.requireNonNull(eventTime, "eventTime"), settling);
  }

  /**
   * How long a version must have been in its stream when a record arrives, to be in force for it.
   * Half of it is for reading: every worker has to find the stream's end once in that time, by one
   * of the five calls a second that a shard answers, so N workers want N seconds and more. The
   * other half is for streams whose clocks differ. The same in all workers, or they decide
   * differently for so long.
   *
   * @param time 5 s to 1 h; 10 s unless given
   */
  public Broadcast<R> settlingFor(Duration time) {
    if (time.compareTo(SETTLING_MIN) < 0 || time.compareTo(SETTLING_MAX) > 0) {
      throw new IllegalArgumentException(
          "broadcast " + source.name() + ", settlingFor " + time + ": must be between 5 s and 1 h");
    }
    return new Broadcast<>(source, codec, from, time);
  }

  public StreamSource source() {
    return source;
  }

  public Codec<R> codec() {
    return codec;
  }

  public Duration settling() {
    return settling;
  }

  /** The two readings of one stream that a worker may share are equal in this. */
  String place() {
    return source.service() + ":" + source.name();
  }

  /**
   * @throws Decoder.Unreadable where the bytes are no version
   */
  Version<R> read(EventId id, Instant arrivedAt, byte[] bytes) throws Decoder.Unreadable {
    R value = Decoder.<R>value(codec, bytes);
    return new Version<>(value, id, arrivedAt, fromOf(value));
  }

  private Instant fromOf(R value) throws Decoder.Unreadable {
    if (from == null) {
      return Instant.MIN;
    }
    Instant found;
    try {
      found = from.apply(value);
    } catch (RuntimeException | StackOverflowError thrown) {
      throw new Decoder.Unreadable(
          "NoEventTime", "inForceFrom threw " + thrown.getClass().getName(), thrown);
    }
    if (found == null) {
      throw new Decoder.Unreadable("NoEventTime", "inForceFrom answered null", null);
    }
    return found;
  }

  @Override
  public String toString() {
    return "broadcast " + source.name();
  }
}
