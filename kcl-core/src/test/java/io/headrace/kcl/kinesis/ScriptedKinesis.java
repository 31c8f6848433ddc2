package io.headrace.kcl.kinesis;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisServiceClientConfiguration;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerResponse;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** A service that answers as it is told, for courses of events that no server plays on demand. */
final class ScriptedKinesis implements KinesisAsyncClient {
  /** Of all clients that are made up. */
  static final KinesisServiceClientConfiguration CONFIGURATION =
      KinesisServiceClientConfiguration.builder()
          .overrideConfiguration(ClientOverrideConfiguration.builder().build())
          .build();

  private static final String ARN = "arn:aws:kinesis:moon-1:000000000000:stream/orders";

  final ArrayDeque<CompletableFuture<GetShardIteratorResponse>> iterators = new ArrayDeque<>();
  final ArrayDeque<CompletableFuture<GetRecordsResponse>> pages = new ArrayDeque<>();
  final ArrayDeque<CompletableFuture<ListShardsResponse>> lists = new ArrayDeque<>();
  final ArrayDeque<CompletableFuture<PutRecordsResponse>> puts = new ArrayDeque<>();

  final List<GetShardIteratorRequest> iteratorsAsked = new ArrayList<>();
  final List<GetRecordsRequest> pagesAsked = new ArrayList<>();
  final List<Long> pagesAskedAtMillis = new ArrayList<>();
  final List<ListShardsRequest> listsAsked = new ArrayList<>();
  final List<PutRecordsRequest> putsAsked = new ArrayList<>();
  final List<Long> putsAskedAtMillis = new ArrayList<>();

  /** What is pushed to whoever subscribes. */
  final PushedKinesis pushed = new PushedKinesis();

  /** How long an answer with records takes. */
  Duration pagesTake = Duration.ZERO;

  private final EventLoop loop;

  ScriptedKinesis(EventLoop loop) {
    this.loop = loop;
  }

  KinesisCalls calls() {
    return new KinesisCalls(
        this, new Place("orders", "region moon-1"), loop, new SplittableRandom(5));
  }

  @Override
  public KinesisServiceClientConfiguration serviceClientConfiguration() {
    return CONFIGURATION;
  }

  @Override
  public CompletableFuture<GetShardIteratorResponse> getShardIterator(
      GetShardIteratorRequest request) {
    iteratorsAsked.add(request);
    return iterators.isEmpty()
        ? CompletableFuture.completedFuture(
            GetShardIteratorResponse.builder()
                .shardIterator("iterator-" + iteratorsAsked.size())
                .build())
        : iterators.remove();
  }

  @Override
  public CompletableFuture<GetRecordsResponse> getRecords(GetRecordsRequest request) {
    pagesAsked.add(request);
    pagesAskedAtMillis.add(millis());
    var answer = pages.isEmpty() ? page(0) : pages.remove();
    if (pagesTake.isZero()) {
      return answer;
    }
    var later = new CompletableFuture<GetRecordsResponse>();
    loop.schedule(pagesTake, () -> later.complete(answer.join()));
    return later;
  }

  @Override
  public CompletableFuture<ListShardsResponse> listShards(ListShardsRequest request) {
    listsAsked.add(request);
    return lists.isEmpty()
        ? CompletableFuture.completedFuture(ListShardsResponse.builder().shards(List.of()).build())
        : lists.remove();
  }

  /** How many answers of DescribeStreamConsumer are to hold nothing. */
  int lackingDescriptions;

  @Override
  public CompletableFuture<Void> subscribeToShard(
      SubscribeToShardRequest request, SubscribeToShardResponseHandler handler) {
    return pushed.subscribe(request, handler);
  }

  @Override
  public CompletableFuture<DescribeStreamSummaryResponse> describeStreamSummary(
      DescribeStreamSummaryRequest request) {
    return CompletableFuture.completedFuture(
        DescribeStreamSummaryResponse.builder()
            .streamDescriptionSummary(summary -> summary.streamARN(ARN))
            .build());
  }

  /** Every consumer is there, unless its descriptions are lacking. */
  @Override
  public CompletableFuture<DescribeStreamConsumerResponse> describeStreamConsumer(
      DescribeStreamConsumerRequest request) {
    if (lackingDescriptions > 0) {
      lackingDescriptions--;
      return CompletableFuture.completedFuture(DescribeStreamConsumerResponse.builder().build());
    }
    return CompletableFuture.completedFuture(
        DescribeStreamConsumerResponse.builder()
            .consumerDescription(
                consumer ->
                    consumer
                        .consumerStatus(ConsumerStatus.ACTIVE)
                        .consumerARN(ARN + "/consumer/" + request.consumerName() + ":1"))
            .build());
  }

  @Override
  public CompletableFuture<PutRecordsResponse> putRecords(PutRecordsRequest request) {
    putsAsked.add(request);
    putsAskedAtMillis.add(millis());
    return puts.isEmpty() ? stored(request) : puts.remove();
  }

  /** Every record of the request is stored. */
  static CompletableFuture<PutRecordsResponse> stored(PutRecordsRequest request) {
    return CompletableFuture.completedFuture(
        PutRecordsResponse.builder()
            .records(
                request.records().stream()
                    .map(
                        r ->
                            software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry
                                .builder()
                                .shardId("shardId-0")
                                .sequenceNumber("1")
                                .build())
                    .toList())
            .build());
  }

  /** A page of small records, and how far behind the tip it ends. */
  static CompletableFuture<GetRecordsResponse> page(long behindMillis, long... sequences) {
    return CompletableFuture.completedFuture(
        GetRecordsResponse.builder()
            .records(records(sequences))
            .nextShardIterator("next")
            .millisBehindLatest(behindMillis)
            .build());
  }

  /** The last page of a shard. */
  static CompletableFuture<GetRecordsResponse> last(List<ChildShard> children, long... sequences) {
    return CompletableFuture.completedFuture(
        GetRecordsResponse.builder()
            .records(records(sequences))
            .millisBehindLatest(0L)
            .childShards(children)
            .build());
  }

  static ChildShard child(String id, String... parents) {
    return ChildShard.builder().shardId(id).parentShards(parents).hashKeyRange(allKeys()).build();
  }

  static HashKeyRange allKeys() {
    return HashKeyRange.builder()
        .startingHashKey("0")
        .endingHashKey("340282366920938463463374607431768211455")
        .build();
  }

  static Record record(long sequence, byte[] data) {
    return Record.builder()
        .sequenceNumber(Long.toString(sequence))
        .partitionKey("key")
        .data(SdkBytes.fromByteArray(data))
        .approximateArrivalTimestamp(Instant.EPOCH)
        .build();
  }

  static <T> CompletableFuture<T> failing(String code, int status) {
    return CompletableFuture.failedFuture(
        KinesisException.builder()
            .awsErrorDetails(
                AwsErrorDetails.builder().errorCode(code).errorMessage("said so").build())
            .statusCode(status)
            .build());
  }

  static <T> CompletableFuture<T> failing(Exception failure) {
    return CompletableFuture.failedFuture(failure);
  }

  private static List<Record> records(long... sequences) {
    return IntStream.range(0, sequences.length)
        .mapToObj(i -> record(sequences[i], new byte[10]))
        .toList();
  }

  private long millis() {
    return Duration.ofNanos(loop.ticks()).toMillis();
  }

  @Override
  public String serviceName() {
    return "kinesis";
  }

  @Override
  public void close() {}
}
