package io.headrace.function;

import io.headrace.checkpoint.CheckpointStore;
import org.jspecify.annotations.Nullable;

/**
 * How letters of all functions are kept.
 *
 * @param progress whose ledger they are entered in; null where a sink is all there is
 * @param redaction for functions that have none of their own
 */
record LetterKeeping(@Nullable CheckpointStore progress, Redaction redaction) {
  static final LetterKeeping NONE = new LetterKeeping(null, Redaction.NONE);

  /** What may be shown of the records of a function. */
  Redaction redactionOf(FunctionSpec<?, ?> spec) {
    return spec.settings().redaction().orElse(redaction);
  }
}
