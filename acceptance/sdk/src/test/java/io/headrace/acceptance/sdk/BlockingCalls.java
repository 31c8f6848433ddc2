package io.headrace.acceptance.sdk;

import java.util.function.Consumer;
import software.amazon.awssdk.services.kinesis.KinesisClient;
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

/** The client that blocks. */
record BlockingCalls(KinesisClient kinesis) implements Calls {
  @Override
  public void createStream(Consumer<CreateStreamRequest.Builder> request) {
    kinesis.createStream(request);
  }

  @Override
  public void deleteStream(Consumer<DeleteStreamRequest.Builder> request) {
    kinesis.deleteStream(request);
  }

  @Override
  public void waitUntilStreamExists(String stream) {
    kinesis.waiter().waitUntilStreamExists(r -> r.streamName(stream));
  }

  @Override
  public void waitUntilStreamNotExists(String stream) {
    kinesis.waiter().waitUntilStreamNotExists(r -> r.streamName(stream));
  }

  @Override
  public ListStreamsResponse listStreams() {
    return kinesis.listStreams();
  }

  @Override
  public ListShardsResponse listShards(Consumer<ListShardsRequest.Builder> request) {
    return kinesis.listShards(request);
  }

  @Override
  public DescribeStreamSummaryResponse describeStreamSummary(
      Consumer<DescribeStreamSummaryRequest.Builder> request) {
    return kinesis.describeStreamSummary(request);
  }

  @Override
  public PutRecordResponse putRecord(Consumer<PutRecordRequest.Builder> request) {
    return kinesis.putRecord(request);
  }

  @Override
  public PutRecordsResponse putRecords(Consumer<PutRecordsRequest.Builder> request) {
    return kinesis.putRecords(request);
  }

  @Override
  public GetShardIteratorResponse getShardIterator(
      Consumer<GetShardIteratorRequest.Builder> request) {
    return kinesis.getShardIterator(request);
  }

  @Override
  public GetRecordsResponse getRecords(Consumer<GetRecordsRequest.Builder> request) {
    return kinesis.getRecords(request);
  }

  @Override
  public void splitShard(Consumer<SplitShardRequest.Builder> request) {
    kinesis.splitShard(request);
  }

  @Override
  public void mergeShards(Consumer<MergeShardsRequest.Builder> request) {
    kinesis.mergeShards(request);
  }

  @Override
  public void close() {
    kinesis.close();
  }
}
