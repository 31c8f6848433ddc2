package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.StableCopy;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What an attempt needs is not in memory: it is called again once it is, as if it had not been
 * called.
 */
final class StateLoading extends Exception {
  private static final long serialVersionUID = 1;

  final transient Map<EntryKey, CompletionStage<Optional<StateValue>>> answers;

  StateLoading(Map<EntryKey, CompletionStage<Optional<StateValue>>> answers) {
    super("state is being read", null, false, false);
    this.answers = StableCopy.of(answers);
  }
}
