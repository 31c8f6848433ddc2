package io.headrace.local.engine;

/** Where a new shard iterator points. */
public sealed interface StartFrom {
  /** The oldest record that is still there. */
  record TrimHorizon() implements StartFrom {}

  /** After everything that is there now. */
  record Latest() implements StartFrom {}

  /** The record of this number. */
  record At(String number) implements StartFrom {}

  /** The record after the one of this number. */
  record After(String number) implements StartFrom {}

  /** The first record that arrived at this time or later. */
  record Time(long millis) implements StartFrom {}
}
