package io.headrace.function.aws;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.checkpoint.dynamo.DynamoEffectStore;
import io.headrace.checkpoint.dynamo.PlacedProgress;
import io.headrace.checkpoint.kcl.KclTable;
import io.headrace.function.LetterConnector;
import io.headrace.function.Once;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.KinesisHttp;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.kcl.loop.WallClock;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * The AWS clients of one process, for every runtime in it, and what the runtime needs of them.
 * Thread-safe; close it after the runtimes.
 */
public final class AwsServices implements AutoCloseable {
  /** What local servers are signed in with: they take anything. Sent to loopback only. */
  private static final StaticCredentialsProvider LOCAL =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));

  /**
   * More than a worker ever has under way of claims (64), audits (64) and progress (32): so that a
   * heartbeat never waits for a connection.
   */
  private static final int DYNAMO_CONNECTIONS_MAX = 256;

  private static final long CLOSED_WITHIN_MS = 500;

  /** Of our own: those that the SDK makes and closes keep a process waiting for two seconds. */
  private final SdkEventLoopGroup loops = SdkEventLoopGroup.builder().build();

  private final KinesisAsyncClient kinesis;
  private final DynamoDbAsyncClient dynamoDb;
  private final AwsLetters letters;
  private final RequestCount requests = new RequestCount();

  private AwsServices(Endpoints endpoints) {
    this.letters = new AwsLetters(endpoints, loops);
    this.kinesis =
        located(KinesisAsyncClient.builder(), endpoints, endpoints.kinesis())
            .httpClientBuilder(KinesisHttp.builder().eventLoopGroup(loops))
            .overrideConfiguration(
                o -> {
                  KinesisHttp.prepare(o);
                  o.addExecutionInterceptor(requests);
                })
            .build();
    this.dynamoDb =
        located(DynamoDbAsyncClient.builder(), endpoints, endpoints.dynamoDb())
            .httpClientBuilder(
                NettyNioAsyncHttpClient.builder()
                    .eventLoopGroup(loops)
                    .maxConcurrency(DYNAMO_CONNECTIONS_MAX))
            .overrideConfiguration(o -> o.addExecutionInterceptor(requests))
            .build();
  }

  /**
   * Where the services are; what is empty is found by the AWS SDK, as are credentials. A service on
   * a loopback address is a local server: it needs neither region nor credentials.
   */
  public record Endpoints(
      Optional<String> region,
      Optional<URI> kinesis,
      Optional<URI> dynamoDb,
      Optional<URI> sqs,
      Optional<URI> s3) {
    /** With queues and buckets where the SDK finds them. */
    public Endpoints(Optional<String> region, Optional<URI> kinesis, Optional<URI> dynamoDb) {
      this(region, kinesis, dynamoDb, Optional.empty(), Optional.empty());
    }
  }

  /** Makes the clients; calls nothing yet. */
  public static AwsServices at(Endpoints endpoints) {
    return new AwsServices(endpoints);
  }

  /** As {@link #connector(Retrieval)}, by enhanced fan-out. */
  public StreamConnector connector() {
    return connector(Retrieval.fanOut());
  }

  /** Opens streams through this process's Kinesis client, to be read like this. */
  public StreamConnector connector(Retrieval retrieval) {
    return new KinesisConnector(kinesis, retrieval);
  }

  /**
   * Opens queues and buckets for dead letters. Needs the SDK's {@code sqs} or {@code s3} on the
   * class path once it is asked for one.
   */
  public LetterConnector letters() {
    return letters;
  }

  public LeaseTable leases(String table) {
    return leases(table, true);
  }

  /**
   * As {@link #leases(String)}.
   *
   * @param onDemand false where a table that is missing is an error
   */
  public LeaseTable leases(String table, boolean onDemand) {
    return new DynamoLeaseTable(dynamoDb, table, onDemand);
  }

  public CheckpointStore checkpoints(String table, String application) {
    return new DynamoCheckpointStore(dynamoDb, table, application);
  }

  /** State and parked records of an application. The table is that of its leases. */
  public ChunkStore chunks(String table, String application) {
    return new DynamoChunkStore(dynamoDb, table, application);
  }

  /**
   * State and parked records in a bucket: for state that is large and seldom read. Needs the SDK's
   * {@code s3} on the class path.
   *
   * @param prefix what the objects' names begin with, of this application alone; may be empty
   */
  public ChunkStore chunksIn(String bucket, String prefix) {
    return new S3ChunkStore(letters.s3(), bucket, prefix);
  }

  /**
   * Effects of an application's functions, each performed once. The table is that of its leases.
   *
   * @param keptFor see {@link Once#in}
   */
  public Once once(String table, String application, String function, Duration keptFor) {
    return Once.in(
        new DynamoEffectStore(dynamoDb, table, application), function, WallClock.source(), keptFor);
  }

  /** Progress of an application that does not run, to be looked at and set. */
  public PlacedProgress placedProgress(String table, String application) {
    return new PlacedProgress(dynamoDb, table, application);
  }

  /** A lease table of the Kinesis Client Library. */
  public KclTable kclTable(String table) {
    return new KclTable(dynamoDb, table);
  }

  /** How many requests went to DynamoDB so far, repeated ones too. */
  public long dynamoDbRequests() {
    return requests.byOperation.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith("dynamodb:"))
        .mapToLong(entry -> entry.getValue().get())
        .sum();
  }

  /** How many requests went out so far, by service and operation: {@code kinesis:GetRecords}. */
  public Map<String, Long> requests() {
    var counted = new TreeMap<String, Long>();
    requests.byOperation.forEach((operation, count) -> counted.put(operation, count.get()));
    return counted;
  }

  @Override
  public void close() {
    kinesis.close();
    dynamoDb.close();
    letters.close();
    var ended = loops.eventLoopGroup().shutdownGracefully(0, CLOSED_WITHIN_MS, MILLISECONDS);
    boolean unused = ended.awaitUninterruptibly(CLOSED_WITHIN_MS);
  }

  static <B extends AwsClientBuilder<B, ?>> B located(
      B builder, Endpoints endpoints, Optional<URI> endpoint) {
    endpoints.region().ifPresent(region -> builder.region(Region.of(region)));
    endpoint.ifPresent(builder::endpointOverride);
    if (endpoint.filter(AwsServices::isLoopback).isPresent()) {
      builder.credentialsProvider(LOCAL);
      if (endpoints.region().isEmpty()) {
        builder.region(Region.US_EAST_1);
      }
    }
    return builder;
  }

  static boolean isLoopback(URI endpoint) {
    var host = String.valueOf(endpoint.getHost());
    return host.equals("localhost") || host.equals("[::1]") || host.startsWith("127.");
  }

  /** Counts what goes over the wire. */
  private static final class RequestCount implements ExecutionInterceptor {
    private final Map<String, AtomicLong> byOperation = new ConcurrentHashMap<>();

    @Override
    public void beforeTransmission(
        Context.BeforeTransmission context, ExecutionAttributes attributes) {
      var operation =
          attributes.getAttribute(SdkExecutionAttribute.SERVICE_NAME).toLowerCase(Locale.ROOT)
              + ":"
              + attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
      byOperation.computeIfAbsent(operation, first -> new AtomicLong()).incrementAndGet();
    }
  }
}
