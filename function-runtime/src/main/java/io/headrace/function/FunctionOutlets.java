package io.headrace.function;

import java.util.HashMap;
import java.util.Map;

/** The opened destinations of one function. Immutable. */
record FunctionOutlets<O>(
    String function,
    Outlet<O, ?> main,
    Map<Side<?>, Outlet<?, ?>> sides,
    Outlet<DeadLetter, ?> letters,
    Outlet<DiscardedBatch, ?> discarded) {

  static <O> FunctionOutlets<O> open(FunctionSpec<?, O> spec, Outlets outlets) {
    var sides = new HashMap<Side<?>, Outlet<?, ?>>();
    spec.settings()
        .sides()
        .forEach((side, to) -> sides.put(side, outlets.open(spec.name(), side, to)));
    return new FunctionOutlets<>(
        spec.name(),
        outlets.open(spec.name(), null, spec.destination()),
        Map.copyOf(sides),
        outlets.letters(spec.name(), spec.settings().retry()),
        outlets.discarded(spec.name(), spec.settings().retry()));
  }

  /** Sides are put in with their own types by {@code sendingSide}. */
  @SuppressWarnings("unchecked")
  <T> Outlet<T, ?> side(Side<T> side) {
    var outlet = sides.get(side);
    if (outlet == null) {
      throw new IllegalArgumentException(
          "function "
              + function
              + ", side "
              + side.name()
              + ": has no destination; add sendingSide(...) to the specification");
    }
    return (Outlet<T, ?>) outlet;
  }
}
