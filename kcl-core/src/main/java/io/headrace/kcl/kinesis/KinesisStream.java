package io.headrace.kcl.kinesis;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;

/**
 * A stream of Amazon Kinesis Data Streams, read by polling GetRecords. Made by {@link
 * KinesisConnector#open}; any thread may call. Every call is tried for 30 seconds where the cause
 * may pass, each try for at most 10.
 *
 * <p>Records that a producer aggregated in the format of the Kinesis Producer Library come out
 * taken apart: each sub-record has the partition key that its producer gave it, its tags as
 * headers, and a position of its own.
 */
public final class KinesisStream implements ShardedStream {
  private final KinesisCalls calls;
  private final LongAdder misrouted = new LongAdder();

  KinesisStream(KinesisCalls calls) {
    this.calls = calls;
  }

  @Override
  public String name() {
    return calls.place.stream();
  }

  /** Name and creation time; one DescribeStreamSummary. */
  @Override
  public CompletionStage<StreamId> identify() {
    var request =
        DescribeStreamSummaryRequest.builder()
            .overrideConfiguration(KinesisCalls.ONE_TRY)
            .streamName(name())
            .build();
    return calls
        .retrying("DescribeStreamSummary", client -> client.describeStreamSummary(request))
        .thenApply(this::idOf)
        .minimalCompletionStage();
  }

  private StreamId idOf(DescribeStreamSummaryResponse answer) {
    StreamDescriptionSummary told = answer.streamDescriptionSummary();
    if (told == null || told.streamName() == null || told.streamCreationTimestamp() == null) {
      throw new StreamException(
          Kind.INVALID,
          "DescribeStreamSummary on "
              + calls.place
              + " was answered without StreamName or StreamCreationTimestamp; is the endpoint a"
              + " Kinesis server?");
    }
    return new StreamId(told.streamName(), told.streamCreationTimestamp());
  }

  /** All pages of ListShards. */
  @Override
  public CompletionStage<List<Shard>> shards() {
    CompletableFuture<List<Shard>> listed = ShardList.of(calls);
    return listed.minimalCompletionStage();
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from) {
    return new KinesisCursor(calls, shard, from, misrouted::add);
  }

  /**
   * How many sub-records of aggregates were handed over although their hash key (the explicit one,
   * else the MD5 of their partition key) lies outside the range of the shard that held them. Each
   * is marked as {@link StreamRecord#misrouted}.
   *
   * <p>The Kinesis Producer Library puts such records again where they belong, other aggregators
   * don't; so the stream hands them over, and what becomes of them is the reader's choice.
   */
  public long misroutedSubRecords() {
    return misrouted.sum();
  }

  /** Nothing to close: the client belongs to the connector or to its user. */
  @Override
  public void close() {}
}
