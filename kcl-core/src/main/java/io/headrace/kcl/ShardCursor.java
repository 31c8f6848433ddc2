package io.headrace.kcl;

import java.util.concurrent.CompletionStage;

/**
 * One reader's place in one shard. Demand is the call: nothing is read ahead of it but what one
 * answer holds, so a slow function is back-pressure and never a dropped record. Used from one
 * thread at a time, one fetch outstanding.
 */
public interface ShardCursor extends AutoCloseable {
  /**
   * The next records in order, never one twice and never one left out. The stage may take its time
   * at the tip of the stream; it completes with an empty answer after about a second at most, so
   * that the reader stays informed. Expired iterators, throttling and time-outs are retried inside;
   * a failed stage leaves the cursor where it was.
   *
   * @param bytesMax how many bytes ({@link StreamRecord#budgetBytes}) the caller can hold; an
   *     answer has at least one record if there is one, even if it is larger
   */
  CompletionStage<Fetched> fetch(long bytesMax);

  /**
   * The first {@link #fetch} will come soon: what it has to ask before it can read may be asked
   * now. Reads nothing.
   */
  default void prepare() {}

  /** Gives up an outstanding fetch: its stage may never complete. */
  @Override
  void close();
}
