package io.headrace.harness;

import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.function.FunctionRuntime;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import io.headrace.local.LocalKinesis;
import io.headrace.local.LocalKinesisException;
import java.net.URI;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * What Headrace needs of AWS, inside this process: a Kinesis server and DynamoDB Local on loopback
 * ports, and clients of both with credentials that are valid nowhere else. Nothing outlives {@link
 * #close}. Any thread may call.
 */
public final class LocalAws implements AutoCloseable {
  private static final String TABLE = "headrace";

  private final LocalKinesis kinesis;
  private final LocalDynamoDb dynamoDb;
  private final LocalClients clients = new LocalClients();
  private final KinesisAsyncClient kinesisClient;
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();

  private LocalAws(LocalKinesis kinesis, LocalDynamoDb dynamoDb) {
    this.kinesis = kinesis;
    this.dynamoDb = dynamoDb;
    this.kinesisClient = clients.kinesis(kinesis.endpoint());
  }

  /**
   * Starts both servers on free ports.
   *
   * @throws LocalServerException when one does not start, with the reason in one sentence; the
   *     other is closed then
   */
  public static LocalAws start() {
    return start(0, 0);
  }

  /**
   * Starts both servers on ports of 127.0.0.1.
   *
   * @param kinesisPort 0 for any free one
   * @param dynamoDbPort 0 for any free one
   * @throws LocalServerException as {@link #start()}
   */
  public static LocalAws start(int kinesisPort, int dynamoDbPort) {
    var kinesis = startKinesis(kinesisPort);
    try {
      return new LocalAws(kinesis, LocalDynamoDb.start(dynamoDbPort));
    } catch (RuntimeException failed) {
      kinesis.close();
      throw failed;
    }
  }

  private static LocalKinesis startKinesis(int port) {
    try {
      return LocalKinesis.builder().port(port).start();
    } catch (LocalKinesisException failed) {
      throw new LocalServerException(String.valueOf(failed.getMessage()), failed);
    }
  }

  /**
   * Makes a stream; it can be used when the call returns.
   *
   * @throws IllegalArgumentException when there is one of that name, or the name is not allowed
   */
  public void createStream(String name, int shards) {
    kinesis.createStream(name, shards);
  }

  /** The one client of the local Kinesis; closed with the servers. */
  public KinesisAsyncClient kinesis() {
    return kinesisClient;
  }

  /** The one client of DynamoDB Local; closed with the servers. */
  public DynamoDbAsyncClient dynamoDb() {
    return dynamoDb.client();
  }

  /** Opens streams of the local Kinesis for a runtime; needs no closing. */
  public StreamConnector connector() {
    return new KinesisConnector(kinesisClient);
  }

  /**
   * A worker of an application that reads the local Kinesis and keeps leases and progress in
   * DynamoDB Local, to be given functions and started; stop it before the servers. Workers of one
   * application share its state, which is kept in this process.
   *
   * <pre>{@code
   * try (var worker = aws.runtime("shop").run(HotHostAlarm.spec()).start()) { ... }
   * }</pre>
   */
  public FunctionRuntime runtime(String application) {
    return FunctionRuntime.named(application)
        .leasesIn(new DynamoLeaseTable(dynamoDb(), TABLE))
        .checkpointsIn(new DynamoCheckpointStore(dynamoDb(), TABLE, application))
        .stateIn(chunks)
        .connecting(connector());
  }

  /** Where Kinesis listens, for clients of one's own. */
  public URI kinesisEndpoint() {
    return kinesis.endpoint();
  }

  /** Where DynamoDB Local listens, for clients of one's own. */
  public URI dynamoDbEndpoint() {
    return dynamoDb.endpoint();
  }

  /** Ends both servers and forgets what they held. Harmless when repeated. */
  @Override
  public void close() {
    clients.close();
    try (dynamoDb) {
      kinesis.close();
    }
  }

  @Override
  public String toString() {
    return "Kinesis at " + kinesisEndpoint() + ", DynamoDB at " + dynamoDbEndpoint();
  }
}
