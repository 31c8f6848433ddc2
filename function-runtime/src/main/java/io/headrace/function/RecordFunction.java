package io.headrace.function;

/**
 * Handles one record a call. Called on the invocation pool: one at a time and in order for each
 * partition key, for different keys at once, so one instance must be thread-safe. It may block.
 *
 * <p>An exception is a failed attempt: its outputs are dropped and the record is tried again as the
 * {@link RetryPolicy} says, while its key waits. {@link TerminalFailure} goes to the dead letters.
 */
@FunctionalInterface
public interface RecordFunction<I, O> {
  void handle(Event<I> event, Output<O> out) throws Exception;
}
