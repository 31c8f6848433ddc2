package io.headrace.kcl.kinesis;

import java.time.Duration;

/**
 * What a {@link HeadraceProducer} has done since it was made, and what it holds. A picture of one
 * moment; immutable.
 *
 * @param put records that were taken
 * @param stored records that were stored, each counted once
 * @param failed records whose future failed after they were taken
 * @param storedBytes payload and keys of the stored ones
 * @param streamRecords records of the stream that hold the stored ones: fewer where they were
 *     aggregated, see {@link #recordsPerStreamRecord}
 * @param calls PutRecords that were answered or failed
 * @param failedCalls those of them that failed as a whole
 * @param throttled records of the stream that were refused because a shard was too busy
 * @param retries how often a record was put into a call again
 * @param misrouted records that were put again since a part of their aggregate landed in a shard
 *     that was not its own, after a split
 * @param shardLists how often the stream's shards were listed
 * @param queuedRecords put, and neither stored nor failed
 * @param callsUnderWay PutRecords without an answer
 * @param meanQueueTime from put to the first call, of all sent so far
 * @param longestQueueTime the longest of them
 */
public record ProducerFigures(
    long put,
    long stored,
    long failed,
    long storedBytes,
    long streamRecords,
    long calls,
    long failedCalls,
    long throttled,
    long retries,
    long misrouted,
    long shardLists,
    long queuedRecords,
    int callsUnderWay,
    Duration meanQueueTime,
    Duration longestQueueTime) {

  /** How many user records a record of the stream holds on average; 1 without aggregation. */
  public double recordsPerStreamRecord() {
    return streamRecords == 0 ? 1 : (double) stored / streamRecords;
  }
}
