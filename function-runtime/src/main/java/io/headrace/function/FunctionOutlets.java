package io.headrace.function;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.StableCopy;
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
    var shadow = outlets.shadow(spec);
    if (shadow.isPresent()) {
      return ofShadow(spec, shadow.get());
    }
    spec.settings()
        .sides()
        .forEach((side, to) -> sides.put(side, outlets.open(spec.name(), side, to)));
    return new FunctionOutlets<>(
        spec.name(),
        outlets.open(spec.name(), null, spec.destination()),
        StableCopy.of(sides),
        outlets.letters(spec.name(), spec.settings().retry()),
        outlets.discarded(spec.name(), spec.settings().retry()));
  }

  private static <O> FunctionOutlets<O> ofShadow(FunctionSpec<?, O> spec, ShadowFile file) {
    var sides = new HashMap<Side<?>, Outlet<?, ?>>();
    spec.settings()
        .sides()
        .forEach((side, to) -> sides.put(side, file.outputs(side, to.target().codec())));
    return new FunctionOutlets<>(
        spec.name(),
        file.outputs(null, spec.destination().target().codec()),
        StableCopy.of(sides),
        file.letters(),
        file.letters());
  }

  /** By what an output's outlet is found again: the side's name, empty for the function's own. */
  String labelOf(Outlet<?, ?> outlet) {
    if (outlet.equals(main)) {
      return "";
    }
    for (var side : sides.entrySet()) {
      if (side.getValue().equals(outlet)) {
        return side.getKey().name();
      }
    }
    throw new IllegalArgumentException(outlet.name() + " is no destination of " + function);
  }

  /**
   * The outlet of a label.
   *
   * @throws CheckpointException when there is none any more that could send what was kept for it
   */
  Outlet.Keeping<?, ?> keeping(String label) {
    Outlet<?, ?> found = label.isEmpty() ? main : null;
    for (var side : sides.entrySet()) {
      if (side.getKey().name().equals(label)) {
        found = side.getValue();
      }
    }
    if (found instanceof Outlet.Keeping<?, ?> keeping) {
      return keeping;
    }
    throw new CheckpointException(
        "function "
            + function
            + ": outputs "
            + (label.isEmpty() ? "" : "to side " + label + " ")
            + "are committed and not sent yet, and the specification has "
            + (found == null ? "no such side" : "a destination without a codec")
            + " any more; put the former one back until they are sent");
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
