package io.headrace.lease;

import org.jspecify.annotations.Nullable;

/** How a conditional write came out. Both answers are final. */
public sealed interface Written<T extends LeaseItem> {
  /** It is stored, by this call or by a former one under the same write token. */
  record Applied<T extends LeaseItem>(Stored<T> now) implements Written<T> {}

  /**
   * Somebody else was first.
   *
   * @param found what lies there; null when nothing does, or nothing that can be read
   */
  record Refused<T extends LeaseItem>(@Nullable Stored<T> found) implements Written<T> {}
}
