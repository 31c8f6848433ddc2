package io.headrace.bench.kcl;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.rig.Member;
import io.headrace.bench.rig.MemberSettings;
import io.headrace.bench.rig.MemberSettings.Reading;
import java.util.concurrent.atomic.AtomicBoolean;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.coordinator.WorkerStateChangeListener.WorkerState;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the library as a member of a fleet has it: with the clients that it recommends, at
 * its defaults but for metrics, of which there are none; or tuned to be as quick as its
 * documentation lets it be. Confined to one thread.
 */
final class KclSetup {
  private static final long TUNED_FAILOVER_MILLIS = 3_000;
  private static final long TUNED_ASSIGNMENT_MILLIS = 1_000;
  private static final long TUNED_LEADER_LEASE_MILLIS = 5_000;
  private static final long TUNED_LEADER_HEARTBEAT_MILLIS = 1_000;
  private static final long TUNED_METRICS_MILLIS = 3_000;
  private static final long TUNED_PARENT_POLL_MILLIS = 500;
  private static final long TUNED_DISPATCH_MILLIS = 100;
  private static final long TUNED_IDLE_MILLIS = 200;

  private final MemberSettings settings;
  private final KinesisAsyncClient kinesis;
  private final ConfigsBuilder configs;
  private final AtomicBoolean started = new AtomicBoolean();

  KclSetup(
      MemberSettings settings, ShardRecordProcessorFactory processors, Member.Traffic traffic) {
    this.settings = settings;
    this.kinesis =
        KinesisClientUtil.createKinesisAsyncClient(
            local(KinesisAsyncClient.builder(), settings.kinesis())
                .overrideConfiguration(
                    override -> override.addExecutionInterceptor(traffic.ofStream())));
    DynamoDbAsyncClient dynamoDb =
        local(DynamoDbAsyncClient.builder(), settings.dynamoDb())
            .overrideConfiguration(traffic::count)
            .build();
    this.configs =
        new ConfigsBuilder(
            new SingleStreamTracker(
                settings.stream(),
                InitialPositionInStreamExtended.newInitialPosition(
                    InitialPositionInStream.TRIM_HORIZON)),
            settings.application(),
            kinesis,
            dynamoDb,
            // Demanded, and never called: there are no metrics.
            local(CloudWatchAsyncClient.builder(), settings.dynamoDb()).build(),
            settings.worker(),
            processors);
  }

  KinesisAsyncClient kinesis() {
    return kinesis;
  }

  /** Whether the library has told that a scheduler of this is started. */
  boolean started() {
    return started.get();
  }

  Scheduler scheduler() {
    var coordinator =
        configs
            .coordinatorConfig()
            .workerStateChangeListener(state -> started.compareAndSet(false, isStarted(state)));
    if (settings.tuned()) {
      coordinator
          .parentShardPollIntervalMillis(TUNED_PARENT_POLL_MILLIS)
          .shardConsumerDispatchPollIntervalMillis(TUNED_DISPATCH_MILLIS);
    }
    return new Scheduler(
        configs.checkpointConfig(),
        coordinator,
        leases(),
        configs.lifecycleConfig(),
        configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
        configs.processorConfig(),
        configs.retrievalConfig().retrievalSpecificConfig(retrieval()));
  }

  LeaseManagementConfig leases() {
    LeaseManagementConfig leases = configs.leaseManagementConfig();
    if (!settings.tuned()) {
      return leases;
    }
    leases
        .workerUtilizationAwareAssignmentConfig()
        .workerMetricsReporterFreqInMillis(TUNED_METRICS_MILLIS)
        .varianceBalancingFrequency(1);
    return leases
        .failoverTimeMillis(TUNED_FAILOVER_MILLIS)
        .leaseAssignmentIntervalMillis(TUNED_ASSIGNMENT_MILLIS)
        .shardSyncIntervalMillis(1)
        .dynamoDbLockBasedLeaderLeaseDurationInMillis(TUNED_LEADER_LEASE_MILLIS)
        .dynamoDbLockBasedLeaderHeartbeatPeriodInMillis(TUNED_LEADER_HEARTBEAT_MILLIS);
  }

  private RetrievalSpecificConfig retrieval() {
    if (settings.reading() == Reading.FAN_OUT) {
      return new FanOutConfig(kinesis)
          .streamName(settings.stream())
          .applicationName(settings.application());
    }
    PollingConfig polling = new PollingConfig(settings.stream(), kinesis);
    return settings.tuned() ? polling.idleTimeBetweenReadsInMillis(TUNED_IDLE_MILLIS) : polling;
  }

  private static boolean isStarted(WorkerState state) {
    return state == WorkerState.STARTED;
  }
}
