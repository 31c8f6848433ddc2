package io.headrace.checkpoint;

import io.headrace.kcl.LeaseToken;

/** What became of a commit or an end. */
public sealed interface WriteAnswer {
  /** It stands, by this call or by a former one whose answer was lost. */
  record Applied() implements WriteAnswer {}

  /** Refused: an operator has moved the function since. */
  record Moved() implements WriteAnswer {}

  /** Refused: the item is sealed by somebody else. */
  record Lost(LeaseToken by) implements WriteAnswer {}
}
