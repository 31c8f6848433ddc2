package io.headrace.function;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What stays of a key after a call of a keyed function: its state, and its timers. Immutable; each
 * method that adds a wish answers another one.
 *
 * <p>Timers need a function that has {@code onTimer}. They are committed with the state, fire once,
 * and move with their key to another worker or shard. One timer a name: setting it again moves it.
 *
 * @param <S> the state's type; treat it as immutable
 */
public final class Next<S> {
  /** What a call wants done. */
  enum Kind {
    SAME,
    STATE,
    FORGET
  }

  /** What a call wants done with a timer. */
  sealed interface Wish {}

  record At(String name, Instant due) implements Wish {}

  record After(String name, Duration delay) implements Wish {}

  record Cancel(String name) implements Wish {}

  private static final int NAME_MAX = 200;
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final Kind kind;
  private final @Nullable S state;
  private final List<Wish> timers;
  private final @Nullable Duration ttl;

  private Next(Kind kind, @Nullable S state, List<Wish> timers, @Nullable Duration ttl) {
    this.kind = kind;
    this.state = state;
    this.timers = timers;
    this.ttl = ttl;
  }

  /** Leaves state as it was: nothing is written. */
  public static <S> Next<S> same() {
    return new Next<>(Kind.SAME, null, List.of(), null);
  }

  /** Puts {@code state} in place of the old one; an equal one writes nothing. */
  public static <S> Next<S> state(S state) {
    return new Next<>(
        Kind.STATE, Objects.requireNonNull(state, "state: use Next.forget()"), List.of(), null);
  }

  /** Removes the state and all timers of the key; its next record begins with {@code initial}. */
  public static <S> Next<S> forget() {
    return new Next<>(Kind.FORGET, null, List.of(), null);
  }

  /**
   * Sets a timer by event time. It fires before the first record of the key that comes once a
   * record of the shard was as late as {@code eventTime}; at once where one was already. So it
   * waits for ever in a shard that nothing comes to, unless its input says how it ends ({@link
   * Input#endedBy}) or for how long it may be silent ({@link Input#idleAfter}).
   *
   * @param timer its name, 1 to 200 characters
   */
  public Next<S> wakeAt(String timer, Instant eventTime) {
    return with(new At(checked(timer), Objects.requireNonNull(eventTime, "eventTime")));
  }

  /**
   * Sets a timer by the worker's clock.
   *
   * @param timer its name, 1 to 200 characters
   * @param wallTime from now on, up to 100 years
   */
  public Next<S> wakeAfter(String timer, Duration wallTime) {
    return with(new After(checked(timer), checked("wakeAfter", wallTime)));
  }

  /** Removes a timer; harmless where there is none. */
  public Next<S> cancel(String timer) {
    return with(new Cancel(checked(timer)));
  }

  /**
   * Forgets the key so long after this call, by the worker's clock: its state and its timers. The
   * last call that says so decides.
   *
   * @param ttl up to 100 years
   */
  public Next<S> keepFor(Duration ttl) {
    return new Next<>(kind, state, timers, checked("keepFor", ttl));
  }

  Kind kind() {
    return kind;
  }

  /** Only where {@link #kind} is {@code STATE}. */
  S state() {
    return Objects.requireNonNull(state);
  }

  /** In the order in which they were said. */
  List<Wish> timers() {
    return timers;
  }

  @Nullable Duration ttl() {
    return ttl;
  }

  /** Whether it changes nothing but the state. */
  boolean isUntimed() {
    return timers.isEmpty() && ttl == null;
  }

  private Next<S> with(Wish wish) {
    var more = new ArrayList<>(timers);
    more.add(wish);
    return new Next<>(kind, state, List.copyOf(more), ttl);
  }

  private static String checked(String name) {
    if (name.isEmpty() || name.length() > NAME_MAX) {
      throw new IllegalArgumentException(
          "timer \"" + name + "\": its name must have 1 to " + NAME_MAX + " characters");
    }
    return name;
  }

  private static Duration checked(String what, Duration time) {
    if (time.isNegative() || time.isZero() || time.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          what + " " + time + ": must be longer than 0 and at most 100 years");
    }
    return time;
  }

  /** Without the state, which never reaches a log. */
  @Override
  public String toString() {
    return "Next " + kind + (timers.isEmpty() ? "" : ", " + timers.size() + " timers");
  }
}
