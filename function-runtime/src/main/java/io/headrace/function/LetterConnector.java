package io.headrace.function;

import java.util.Optional;

/**
 * Opens dead-letter sinks of one service. Used by the thread that starts the runtime; sinks are
 * closed with it.
 */
@FunctionalInterface
public interface LetterConnector {
  /** Empty for what it does not know; connects to nothing yet. */
  Optional<LetterSink> open(DeadLetters sink);
}
