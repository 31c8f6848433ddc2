package io.headrace.acceptance.fanout;

import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.function.BatchFunction;
import io.headrace.function.Destination;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.RuntimeListener;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.KinesisHttp;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** A worker with a Kinesis client of its own, as a process would have. The test's thread calls. */
final class CourseWorker implements AutoCloseable {
  private static final String APPLICATION = "course";
  private static final String TABLE = "headrace";

  /** So short that a change of owner comes within 5 s of a renewal, and interrupts a batch. */
  private static final Duration STOPPING_MAX = Duration.ofSeconds(2);

  private static final Duration LEASE_TIME = Duration.ofSeconds(5);

  /** More than shards that one worker may have, each with a call that blocks. */
  private static final int THREADS = 8;

  private final String name;
  private final KinesisAsyncClient client;
  private final FunctionRuntime.Running running;

  private CourseWorker(String name, KinesisAsyncClient client, FunctionRuntime.Running running) {
    this.name = name;
    this.client = client;
    this.running = running;
  }

  /** Where a worker runs and who watches it. */
  record Place(
      URI kinesis,
      DynamoDbAsyncClient dynamoDb,
      String stream,
      Subscriptions subscriptions,
      RecordJudge judge) {}

  static CourseWorker start(
      String name, Place place, CourseSize size, BatchFunction<Numbered, String> function) {
    var client =
        client(
            place.kinesis(),
            as -> {
              KinesisHttp.prepare(as);
              as.addExecutionInterceptor(place.subscriptions().watching(name));
            });
    var spec =
        FunctionSpec.named("slow")
            .reading(Input.of(StreamSource.kinesis(place.stream()), new Numbered.Text()))
            .batching(size.batchRecords(), Duration.ofSeconds(1))
            .inFlight(size.batchRecords())
            .handledInBatchesBy(() -> function, Destination.nowhere());
    var running =
        FunctionRuntime.named(APPLICATION)
            .workerId(name)
            .leaseTime(LEASE_TIME)
            .leasesIn(new DynamoLeaseTable(place.dynamoDb(), TABLE))
            .checkpointsIn(new DynamoCheckpointStore(place.dynamoDb(), TABLE, APPLICATION))
            .connecting(new KinesisConnector(client))
            .invocationThreads(THREADS)
            .stoppingWithin(STOPPING_MAX)
            .observedBy(
                new RuntimeListener() {
                  @Override
                  public void on(Object event) {
                    place.judge().told(name, event);
                  }
                })
            .run(spec)
            .start();
    return new CourseWorker(name, client, running);
  }

  /** A client of a local server, over the HTTP that workers have. */
  static KinesisAsyncClient client(URI kinesis) {
    return client(kinesis, as -> {});
  }

  private static KinesisAsyncClient client(
      URI kinesis, Consumer<ClientOverrideConfiguration.Builder> as) {
    return KinesisAsyncClient.builder()
        .endpointOverride(kinesis)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
        .httpClientBuilder(KinesisHttp.builder())
        .overrideConfiguration(as)
        .build();
  }

  String name() {
    return name;
  }

  /** Leaves in order. */
  @Override
  public void close() {
    running.close();
    client.close();
  }
}
