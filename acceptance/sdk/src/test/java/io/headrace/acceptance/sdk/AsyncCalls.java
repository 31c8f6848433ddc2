package io.headrace.acceptance.sdk;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.CreateStreamRequest;
import software.amazon.awssdk.services.kinesis.model.DeleteStreamRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ListStreamsResponse;
import software.amazon.awssdk.services.kinesis.model.MergeShardsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.SplitShardRequest;

/** The client that answers with futures. */
record AsyncCalls(KinesisAsyncClient kinesis) implements Calls {
  @Override
  public void createStream(Consumer<CreateStreamRequest.Builder> request) {
    get(kinesis.createStream(request));
  }

  @Override
  public void deleteStream(Consumer<DeleteStreamRequest.Builder> request) {
    get(kinesis.deleteStream(request));
  }

  @Override
  public void waitUntilStreamExists(String stream) {
    get(kinesis.waiter().waitUntilStreamExists(r -> r.streamName(stream)));
  }

  @Override
  public void waitUntilStreamNotExists(String stream) {
    get(kinesis.waiter().waitUntilStreamNotExists(r -> r.streamName(stream)));
  }

  @Override
  public ListStreamsResponse listStreams() {
    return get(kinesis.listStreams());
  }

  @Override
  public ListShardsResponse listShards(Consumer<ListShardsRequest.Builder> request) {
    return get(kinesis.listShards(request));
  }

  @Override
  public DescribeStreamSummaryResponse describeStreamSummary(
      Consumer<DescribeStreamSummaryRequest.Builder> request) {
    return get(kinesis.describeStreamSummary(request));
  }

  @Override
  public PutRecordResponse putRecord(Consumer<PutRecordRequest.Builder> request) {
    return get(kinesis.putRecord(request));
  }

  @Override
  public PutRecordsResponse putRecords(Consumer<PutRecordsRequest.Builder> request) {
    return get(kinesis.putRecords(request));
  }

  @Override
  public GetShardIteratorResponse getShardIterator(
      Consumer<GetShardIteratorRequest.Builder> request) {
    return get(kinesis.getShardIterator(request));
  }

  @Override
  public GetRecordsResponse getRecords(Consumer<GetRecordsRequest.Builder> request) {
    return get(kinesis.getRecords(request));
  }

  @Override
  public void splitShard(Consumer<SplitShardRequest.Builder> request) {
    get(kinesis.splitShard(request));
  }

  @Override
  public void mergeShards(Consumer<MergeShardsRequest.Builder> request) {
    get(kinesis.mergeShards(request));
  }

  @Override
  public void close() {
    kinesis.close();
  }

  /** The failure itself, as its user sees it in {@code whenComplete}. */
  private static <T> T get(CompletableFuture<T> answer) {
    try {
      return answer.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw failed;
    }
  }
}
