package io.headrace.function;

/** Records of one call of a {@link BatchFunction}, in the shard's order. Used by that call only. */
public interface Batch<I, O> extends Iterable<Event<I>> {
  int size();

  /** An output belongs to its record: its id does not depend on how batches were cut. */
  Output<O> out(Event<I> cause);

  /** The others count as done; outputs of a failed record are dropped. */
  void fail(Event<I> event, Throwable cause);
}
