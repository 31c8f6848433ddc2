package io.headrace.function;

import java.util.concurrent.CompletionStage;

/**
 * Handles one record a call without holding a thread while it waits. Called on the invocation pool
 * and must not block; the key's next record waits for the stage. A stage that fails is a failed
 * attempt, as an exception is; {@code CompletionException} is unwrapped. {@link BatchLookup} makes
 * one call of what many records ask for.
 */
@FunctionalInterface
public interface AsyncRecordFunction<I, O> {
  CompletionStage<?> handle(Event<I> event, Output<O> out) throws Exception;
}
