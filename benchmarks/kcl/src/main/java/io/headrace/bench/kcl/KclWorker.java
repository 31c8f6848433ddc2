package io.headrace.bench.kcl;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.rig.ConsumerSettings.Reading;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.HashKeyRangeForLease;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.Lease;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.leases.dynamodb.DynamoDBLeaseSerializer;
import software.amazon.kinesis.leases.exceptions.LeasingException;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.kpl.ExtendedSequenceNumber;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * One worker of the library. Its clients are those that it recommends, with nothing but the
 * endpoint, the region and credentials set; only its coordination is made quicker, which no client
 * of the stream sees.
 *
 * <p>It looks a new shard up at once. Without its range, by default for up to half a minute, it
 * hands over what aggregates brought into a wrong shard, which a judge of losses must not count.
 */
public final class KclWorker implements AutoCloseable {
  private static final int TABLE_SECONDS_MAX = 30;
  private static final long OFTEN_MILLIS = 200;

  /**
   * Where and what a worker reads.
   *
   * @param application the name of its fleet and of its table
   */
  public record Place(URI kinesis, URI dynamoDb, String stream, String application) {}

  private final String stream;
  private final KinesisAsyncClient kinesis;
  private final DynamoDbAsyncClient dynamoDb;
  private final CloudWatchAsyncClient cloudWatch;
  private final LeaseManagementConfig leases;
  private final Scheduler scheduler;
  private final Thread thread;

  private KclWorker(Place place, Reading reading, ShardRecordProcessorFactory processors) {
    this.stream = place.stream();
    this.kinesis = kinesis(place, reading);
    this.dynamoDb = local(DynamoDbAsyncClient.builder(), place.dynamoDb()).build();
    // Demanded, and never called: there are no metrics.
    this.cloudWatch = local(CloudWatchAsyncClient.builder(), place.dynamoDb()).build();
    var configs =
        new ConfigsBuilder(
            new SingleStreamTracker(
                stream,
                InitialPositionInStreamExtended.newInitialPosition(
                    InitialPositionInStream.TRIM_HORIZON)),
            place.application(),
            kinesis,
            dynamoDb,
            cloudWatch,
            "worker",
            processors);
    this.leases =
        configs
            .leaseManagementConfig()
            .leaseAssignmentIntervalMillis(1_000L)
            .maxCacheMissesBeforeReload(0)
            .shardSyncIntervalMillis(1);
    this.scheduler =
        new Scheduler(
            configs.checkpointConfig(),
            configs
                .coordinatorConfig()
                .parentShardPollIntervalMillis(500)
                .shardConsumerDispatchPollIntervalMillis(100),
            leases,
            configs.lifecycleConfig(),
            configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
            configs.processorConfig(),
            configs.retrievalConfig().retrievalSpecificConfig(retrieval(place, reading)));
    this.thread = new Thread(scheduler, "kcl-" + stream);
    thread.setDaemon(true);
  }

  /** As the library recommends, where the server allows it. */
  private static KinesisAsyncClient kinesis(Place place, Reading reading) {
    var builder = local(KinesisAsyncClient.builder(), place.kinesis());
    return reading == Reading.POLLING_HTTP1
        ? builder
            .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1))
            .build()
        : KinesisClientUtil.createKinesisAsyncClient(builder);
  }

  private RetrievalSpecificConfig retrieval(Place place, Reading reading) {
    return switch (reading) {
      case POLLING, POLLING_PACED -> new PollingConfig(stream, kinesis);
      case POLLING_OFTEN, POLLING_HTTP1 ->
          new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(OFTEN_MILLIS);
      case FAN_OUT ->
          new FanOutConfig(kinesis).streamName(stream).applicationName(place.application());
    };
  }

  /** A new application: it makes its table and, half a minute later, its leases. */
  public static KclWorker start(
      Place place, Reading reading, ShardRecordProcessorFactory processors) {
    var worker = new KclWorker(place, reading, processors);
    worker.thread.start();
    return worker;
  }

  /** An application that stopped before it read anything: table and leases are there. */
  public static KclWorker restart(
      Place place, Reading reading, ShardRecordProcessorFactory processors)
      throws LeasingException {
    var worker = new KclWorker(place, reading, processors);
    worker.makeLeases();
    worker.thread.start();
    return worker;
  }

  private void makeLeases() throws LeasingException {
    var table =
        leases.leaseManagementFactory(new DynamoDBLeaseSerializer(), false).createLeaseRefresher();
    table.createLeaseTableIfNotExists();
    table.waitUntilLeaseTableExists(1, TABLE_SECONDS_MAX);
    table.createLeaseOwnerToLeaseKeyIndexIfNotExists();
    table.waitUntilLeaseOwnerToLeaseKeyIndexExists(1, TABLE_SECONDS_MAX);
    for (var shard : kinesis.listShards(r -> r.streamName(stream)).join().shards()) {
      var lease = new Lease();
      lease.leaseKey(shard.shardId());
      lease.checkpoint(ExtendedSequenceNumber.TRIM_HORIZON);
      lease.ownerSwitchesSinceCheckpoint(0L);
      lease.hashKeyRange(HashKeyRangeForLease.fromHashKeyRange(shard.hashKeyRange()));
      table.createLeaseIfNotExists(lease);
    }
  }

  @Override
  public void close() throws InterruptedException {
    scheduler.shutdown();
    thread.join(TimeUnit.SECONDS.toMillis(30));
    kinesis.close();
    dynamoDb.close();
    cloudWatch.close();
  }
}
