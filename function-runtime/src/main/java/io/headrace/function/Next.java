package io.headrace.function;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What stays of a key after a call of a keyed function.
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

  private final Kind kind;
  private final @Nullable S state;

  private Next(Kind kind, @Nullable S state) {
    this.kind = kind;
    this.state = state;
  }

  /** Leaves state as it was: nothing is written. */
  public static <S> Next<S> same() {
    return new Next<>(Kind.SAME, null);
  }

  /** Puts {@code state} in place of the old one; an equal one writes nothing. */
  public static <S> Next<S> state(S state) {
    return new Next<>(Kind.STATE, Objects.requireNonNull(state, "state: use Next.forget()"));
  }

  /** Removes the state of the key; its next record begins with {@code initial} again. */
  public static <S> Next<S> forget() {
    return new Next<>(Kind.FORGET, null);
  }

  Kind kind() {
    return kind;
  }

  /** Only where {@link #kind} is {@code STATE}. */
  S state() {
    return Objects.requireNonNull(state);
  }

  /** Without the state, which never reaches a log. */
  @Override
  public String toString() {
    return "Next " + kind;
  }
}
