package io.headrace.acceptance.kcl;

import java.net.URI;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.HashKeyRangeForLease;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.leases.Lease;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.leases.dynamodb.DynamoDBLeaseSerializer;
import software.amazon.kinesis.leases.exceptions.LeasingException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.kpl.ExtendedSequenceNumber;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * One worker of the library. Its clients are those that it recommends, with nothing but the
 * endpoint, the region and credentials set; only its coordination is made quicker, which no client
 * of the stream sees.
 */
final class KclWorker implements AutoCloseable {
  private static final StaticCredentialsProvider ANYBODY =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any"));

  private static final int TABLE_SECONDS_MAX = 30;

  enum Reading {
    POLLING,
    FAN_OUT
  }

  private final KinesisAsyncClient kinesis;
  private final DynamoDbAsyncClient dynamoDb;
  private final CloudWatchAsyncClient cloudWatch;
  private final LeaseManagementConfig leases;
  private final Scheduler scheduler;
  private final Thread thread;

  private KclWorker(URI kinesisAt, URI dynamoDbAt, String stream, Reading reading, Judge judge) {
    this.kinesis =
        KinesisClientUtil.createKinesisAsyncClient(local(KinesisAsyncClient.builder(), kinesisAt));
    this.dynamoDb = local(DynamoDbAsyncClient.builder(), dynamoDbAt).build();
    // Demanded, and never called: there are no metrics.
    this.cloudWatch = local(CloudWatchAsyncClient.builder(), dynamoDbAt).build();
    String application = "judge-" + stream;
    var configs =
        new ConfigsBuilder(
            new SingleStreamTracker(
                stream,
                InitialPositionInStreamExtended.newInitialPosition(
                    InitialPositionInStream.TRIM_HORIZON)),
            application,
            kinesis,
            dynamoDb,
            cloudWatch,
            "worker",
            () -> new Judged(judge));
    RetrievalSpecificConfig retrieval =
        switch (reading) {
          case POLLING -> new PollingConfig(stream, kinesis);
          case FAN_OUT -> new FanOutConfig(kinesis).streamName(stream).applicationName(application);
        };
    this.leases =
        configs
            .leaseManagementConfig()
            .leaseAssignmentIntervalMillis(1_000L)
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
            configs.retrievalConfig().retrievalSpecificConfig(retrieval));
    this.thread = new Thread(scheduler, "kcl-" + stream);
    thread.setDaemon(true);
  }

  /** A new application: it makes its table and, half a minute later, its leases. */
  static KclWorker start(URI kinesis, URI dynamoDb, String stream, Reading reading, Judge judge) {
    var worker = new KclWorker(kinesis, dynamoDb, stream, reading, judge);
    worker.thread.start();
    return worker;
  }

  /** An application that stopped before it read anything: table and leases are there. */
  static KclWorker restart(URI kinesis, URI dynamoDb, String stream, Reading reading, Judge judge)
      throws LeasingException {
    var worker = new KclWorker(kinesis, dynamoDb, stream, reading, judge);
    worker.makeLeases(stream);
    worker.thread.start();
    return worker;
  }

  private void makeLeases(String stream) throws LeasingException {
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

  private static <B extends AwsClientBuilder<B, ?>> B local(B builder, URI endpoint) {
    return builder.endpointOverride(endpoint).region(Region.US_EAST_1).credentialsProvider(ANYBODY);
  }

  /** Reports everything; nothing that it does can fail but a checkpoint. */
  private static final class Judged implements ShardRecordProcessor {
    private final Judge judge;
    private String shard = "";

    Judged(Judge judge) {
      this.judge = judge;
    }

    @Override
    public void initialize(InitializationInput start) {
      shard = start.shardId();
      judge.starts(shard);
    }

    @Override
    public void processRecords(ProcessRecordsInput batch) {
      for (var record : batch.records()) {
        judge.delivered(shard, record);
      }
      checkpoint(() -> batch.checkpointer().checkpoint());
    }

    @Override
    public void leaseLost(LeaseLostInput lost) {}

    @Override
    public void shardEnded(ShardEndedInput end) {
      judge.ends(shard);
      checkpoint(() -> end.checkpointer().checkpoint());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput request) {}

    private void checkpoint(Checkpoint checkpoint) {
      try {
        checkpoint.make();
      } catch (ShutdownException | InvalidStateException refused) {
        judge.fault(shard + ": a checkpoint is refused: " + refused);
      }
    }

    private interface Checkpoint {
      void make() throws ShutdownException, InvalidStateException;
    }
  }
}
