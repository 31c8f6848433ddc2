package io.headrace.acceptance.sdk;

import java.util.function.Consumer;
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

/**
 * What the journey asks of a client, blocking or not. Errors come as the SDK's own exceptions in
 * both cases.
 */
interface Calls extends AutoCloseable {
  void createStream(Consumer<CreateStreamRequest.Builder> request);

  void deleteStream(Consumer<DeleteStreamRequest.Builder> request);

  void waitUntilStreamExists(String stream);

  void waitUntilStreamNotExists(String stream);

  ListStreamsResponse listStreams();

  ListShardsResponse listShards(Consumer<ListShardsRequest.Builder> request);

  DescribeStreamSummaryResponse describeStreamSummary(
      Consumer<DescribeStreamSummaryRequest.Builder> request);

  PutRecordResponse putRecord(Consumer<PutRecordRequest.Builder> request);

  PutRecordsResponse putRecords(Consumer<PutRecordsRequest.Builder> request);

  GetShardIteratorResponse getShardIterator(Consumer<GetShardIteratorRequest.Builder> request);

  GetRecordsResponse getRecords(Consumer<GetRecordsRequest.Builder> request);

  void splitShard(Consumer<SplitShardRequest.Builder> request);

  void mergeShards(Consumer<MergeShardsRequest.Builder> request);

  @Override
  void close();
}
