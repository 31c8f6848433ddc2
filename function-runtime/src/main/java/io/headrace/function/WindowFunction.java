package io.headrace.function;

/**
 * Sums records up by key and window of event time. {@link #add} is called in the shard's order for
 * each key, {@link #close} when the watermark has passed the window's end; and again, with the
 * whole sum, for each record that comes late and is allowed ({@link Windows#allowing}); before the
 * end only where that is asked for ({@link Windows#earlyEvery}). Called on the invocation pool, for
 * different keys at once.
 *
 * @param <A> the sum's type; treat it as immutable
 */
public interface WindowFunction<I, A, O> {
  A empty();

  A add(A sum, Event<I> event);

  /**
   * Joins two sums of one window: where a record joins two sessions ({@link Windows#session}), the
   * earlier one's sum on the left; where two shards that held a window were merged; and where
   * records were summed up before they went through a stream ({@link Keys#across}), what is there
   * on the left. With {@link #empty} it has to answer a sum, too; a function of sessions is asked
   * that when it starts, and one whose answer is none has no {@linkplain
   * FunctionSpec.Windowed#withoutPartialSums partial sums}.
   */
  A merge(A left, A right);

  /**
   * Tells what a window holds.
   *
   * @param window with what it is told for, and how often it was before
   */
  void close(Window window, A sum, Output<O> out) throws Exception;
}
