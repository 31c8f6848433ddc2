package io.headrace.function;

/**
 * Handles many records a call: one batch at a time for each shard, in the shard's order. Called on
 * the invocation pool; it may block.
 *
 * <p>Records named to {@link Batch#fail} are tried again, the others count as done. An exception
 * fails the whole batch: it is tried again whole, then in halves, so that one bad record ends up
 * alone and holds up its key only.
 */
@FunctionalInterface
public interface BatchFunction<I, O> {
  void handle(Batch<I, O> batch) throws Exception;
}
