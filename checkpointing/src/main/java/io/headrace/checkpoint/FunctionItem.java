package io.headrace.checkpoint;

import io.headrace.kcl.StartingPosition;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is stored of a function as a whole.
 *
 * @param function its name, or the one under which its progress in one of several streams is kept
 * @param start where it begins in shards without history; empty before it has begun
 * @param shape what it is, in words by their names; empty where nobody has said it yet
 * @param successor the function that took over, or takes over, what it had
 */
public record FunctionItem(
    String function,
    Optional<StartingPosition> start,
    Map<String, String> shape,
    Optional<String> successor) {
  public FunctionItem {
    Objects.requireNonNull(function, "function");
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(successor, "successor");
    shape = Collections.unmodifiableMap(new TreeMap<>(shape));
  }
}
