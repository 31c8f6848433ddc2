package io.headrace.kcl.kinesis;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardClaim;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;

/**
 * A stream of Amazon Kinesis Data Streams, read as {@link Retrieval} says. Made by {@link
 * KinesisConnector#open}; any thread may call. Every call is tried for 30 seconds where the cause
 * may pass, each try for at most 10.
 *
 * <p>By enhanced fan-out, a record is handed over as soon as it lands. Where that can't be (the
 * consumer is not ACTIVE yet, the shard was subscribed to a moment ago, a right is missing), the
 * shard is polled meanwhile, and {@link ShardClaim#retrieving} is told why.
 *
 * <p>Records that a producer aggregated in the format of the Kinesis Producer Library come out
 * taken apart: each sub-record has the partition key that its producer gave it, its tags as
 * headers, and a position of its own.
 */
public final class KinesisStream implements ShardedStream {
  /** Connections that nobody uses are closed after a minute. */
  private static final Duration WARM_FOR = Duration.ofSeconds(30);

  /** Where there may be a record that was not read long ago, whatever the clocks say. */
  private static final Duration LATELY = Duration.ofSeconds(10);

  /** Reads nothing: whoever waits for the consumer alone. */
  private static final ShardId NO_SHARD = new ShardId("none");

  private final KinesisCalls calls;
  private final AtomicReference<@Nullable Warmed> warmed = new AtomicReference<>();
  private final LongAdder misrouted = new LongAdder();
  private final @Nullable FanOutConsumer consumer;

  /** Whose reader registers the consumer; null until the shards were listed. */
  private volatile @Nullable ShardId firstOpen;

  /**
   * Makes a stream.
   *
   * @param name of the consumer to read with; null for polling
   */
  KinesisStream(KinesisCalls calls, @Nullable ConsumerName name) {
    this.calls = calls;
    this.consumer = name == null ? null : new FanOutConsumer(calls, name, this::isFirstOpen);
  }

  @Override
  public String name() {
    return calls.place.stream();
  }

  /**
   * Name and creation time; one DescribeStreamSummary. Refuses a consumer of another stream here,
   * before anything is read.
   */
  @Override
  public CompletionStage<StreamId> identify() {
    return summary().thenApply(this::idOf).minimalCompletionStage();
  }

  @Override
  public CompletionStage<Optional<Duration>> retention() {
    return summary().thenApply(KinesisStream::retentionOf).minimalCompletionStage();
  }

  private static Optional<Duration> retentionOf(DescribeStreamSummaryResponse answer) {
    var told = answer.streamDescriptionSummary();
    return told == null || told.retentionPeriodHours() == null
        ? Optional.empty()
        : Optional.of(Duration.ofHours(told.retentionPeriodHours()));
  }

  private CompletableFuture<DescribeStreamSummaryResponse> summary() {
    var request =
        DescribeStreamSummaryRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .streamName(name())
            .build();
    return calls.retrying("DescribeStreamSummary", client -> client.describeStreamSummary(request));
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
    if (consumer != null && told.streamARN() != null) {
      consumer.check(told.streamARN());
    }
    return new StreamId(told.streamName(), told.streamCreationTimestamp());
  }

  /** All pages of ListShards. */
  @Override
  public CompletionStage<List<Shard>> shards() {
    CompletableFuture<List<Shard>> listed = ShardList.of(calls);
    return listed.thenApply(this::remembered).minimalCompletionStage();
  }

  private List<Shard> remembered(List<Shard> shards) {
    var closed =
        shards.stream().flatMap(shard -> shard.parents().stream()).collect(Collectors.toSet());
    shards.stream()
        .map(Shard::id)
        .filter(shard -> !closed.contains(shard))
        .findFirst()
        .ifPresent(first -> firstOpen = first);
    return shards;
  }

  private boolean isFirstOpen(ShardId shard) {
    var first = firstOpen;
    return first == null || first.equals(shard) || shard.equals(NO_SHARD);
  }

  /**
   * One GetShardIterator, which is not used; by fan-out the consumer is found, too. By polling, a
   * process that does so for the first time reads one of the latest records with it and drops it,
   * so that the first read for a function loads no classes. What is warm stays so for a while:
   * shards that are offered together ask once.
   */
  @Override
  public CompletionStage<Void> prepare(Shard shard) {
    long now = calls.loop.ticks();
    var last = warmed.get();
    if (last != null
        && now - last.at() < WARM_FOR.toNanos()
        && !last.answer().isCompletedExceptionally()) {
      return last.answer().minimalCompletionStage();
    }
    boolean first = last == null && consumer == null;
    var answer = (first ? readOne(shard) : ask(shard)).toCompletableFuture();
    warmed.set(new Warmed(now, answer));
    return answer.minimalCompletionStage();
  }

  /** When the way to the stream was last tried out. */
  private record Warmed(long at, CompletableFuture<Void> answer) {}

  private CompletionStage<Void> readOne(Shard shard) {
    var lately = StartingPosition.at(calls.loop.now().minus(LATELY));
    var cursor = new KinesisCursor(calls, shard, lately, misroutedToo -> {});
    return cursor.fetch(1).whenComplete((read, failed) -> cursor.close()).thenAccept(read -> {});
  }

  private CompletionStage<Void> ask(Shard shard) {
    var request =
        GetShardIteratorRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .streamName(name())
            .shardId(shard.id().value())
            .shardIteratorType(ShardIteratorType.LATEST)
            .build();
    var asked = calls.once("GetShardIterator", client -> client.getShardIterator(request));
    var found = consumer == null ? CompletableFuture.<String>completedStage(null) : consumerArn();
    return asked.thenCombine(found, (iterator, arn) -> null);
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from) {
    return open(shard, from, ShardClaim.ALONE);
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from, ShardClaim claim) {
    var reading = consumer;
    return reading == null
        ? new KinesisCursor(calls, shard, from, misrouted::add)
        : new FanOutCursor(calls, reading, shard, from, claim, misrouted::add);
  }

  /**
   * The consumer that this stream is read with, once it is ACTIVE; fails where it can't be had.
   * Registers it if need be.
   */
  CompletionStage<String> consumerArn() {
    var answer = new CompletableFuture<String>();
    if (consumer == null) {
      answer.completeExceptionally(
          new StreamException(Kind.INVALID, calls.place + " is read by polling"));
    } else {
      calls.loop.execute(() -> consumer.seek(NO_SHARD, new Waiting(answer)));
    }
    return answer;
  }

  /** Waits for the consumer outside of any shard. */
  private record Waiting(CompletableFuture<String> answer) implements FanOutConsumer.Seeker {
    @Override
    public void found(String arn) {
      answer.complete(arn);
    }

    @Override
    public void missing(String why) {
      answer.completeExceptionally(new StreamException(Kind.REFUSED, why));
    }
  }

  /** Takes away the consumer that was registered here, if any was. */
  CompletionStage<?> deregister() {
    return consumer == null ? CompletableFuture.completedFuture(null) : consumer.deregister();
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
