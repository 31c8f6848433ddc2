package io.headrace.bench.windows;

import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.Departure;
import io.headrace.bench.rig.Departures;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.PeerModule;
import io.headrace.bench.rig.ServerProcess;
import io.headrace.bench.rig.WindowSettings;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * The servers from which the job is read, each a process: a local Kinesis with a DynamoDB Local,
 * and a Kafka broker, both with the same departures in the same order. Confined to the thread of
 * the benchmark.
 */
final class Sources implements AutoCloseable {
  static final String STREAM = "departures";
  static final long SEED = 11;

  private static final int KINESIS_MEBIBYTES = 4096;
  private static final List<String> BROKER_OPTIONS = List.of("-Xmx1g");
  private static final Duration BROKER_MAX = Duration.ofSeconds(90);
  private static final Duration FILL_MAX = Duration.ofMinutes(5);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);
  private static final int PUT_AT_ONCE = 500;

  private final ServerProcess kinesis;
  private final ServerProcess dynamoDb;
  private final @Nullable Dialogue broker;
  private final URI brokerUri;

  private Sources(
      ServerProcess kinesis, ServerProcess dynamoDb, @Nullable Dialogue broker, URI brokerUri) {
    this.kinesis = kinesis;
    this.dynamoDb = dynamoDb;
    this.broker = broker;
    this.brokerUri = brokerUri;
  }

  /**
   * Starts them.
   *
   * @param kafka whose programs the broker is among; null when nobody reads from it
   * @param folder an empty one for the broker's files
   */
  static Sources open(@Nullable PeerModule kafka, Path folder, Path logs) {
    ServerProcess kinesis = OwnServer.start("off", KINESIS_MEBIBYTES, logs.resolve("kinesis.log"));
    int port = ServerProcess.freePort();
    ServerProcess dynamoDb =
        ServerProcess.start(DynamoDbServer.launch(port), port, logs.resolve("dynamodb.log"));
    int brokerPort = ServerProcess.freePort();
    Dialogue broker = null;
    try {
      if (kafka != null) {
        broker =
            Dialogue.startUntil(
                ConsumerProgram.READY,
                BROKER_MAX,
                kafka.launch(
                    "kafka broker",
                    "KafkaBroker",
                    BROKER_OPTIONS,
                    List.of(
                        "port=" + brokerPort,
                        "controllerPort=" + ServerProcess.freePort(),
                        "folder=" + folder)),
                logs.resolve("broker.log"),
                STOP_MAX);
      }
    } catch (NotMeasured e) {
      dynamoDb.close();
      kinesis.close();
      throw e;
    }
    return new Sources(kinesis, dynamoDb, broker, URI.create("kafka://127.0.0.1:" + brokerPort));
  }

  /** Puts the same departures into both. */
  void fill(long count) {
    try (LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.create(STREAM);
      fill(client, new Departures(SEED, count));
      putEnds(client);
    }
    if (broker != null) {
      broker.ask("fill %s %d %d %d".formatted(STREAM, LoadClient.SHARDS, SEED, count), FILL_MAX);
    }
  }

  /** One request after the other, so that each shard has them in their order. */
  private static void fill(LoadClient client, Departures departures) {
    while (departures.hasNext()) {
      List<PutRecordsRequestEntry> entries = new ArrayList<>();
      while (departures.hasNext() && entries.size() < PUT_AT_ONCE) {
        Departure departure = departures.next();
        entries.add(
            PutRecordsRequestEntry.builder()
                .partitionKey(departure.origin())
                .data(SdkBytes.fromByteArrayUnsafe(departure.bytes()))
                .build());
      }
      put(client, entries);
    }
  }

  private static void putEnds(LoadClient client) {
    List<PutRecordsRequestEntry> entries = new ArrayList<>();
    List<Shard> shards =
        client.sdk().listShards(request -> request.streamName(STREAM)).join().shards();
    for (Shard shard : shards) {
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("END")
              .explicitHashKey(new BigInteger(shard.hashKeyRange().startingHashKey()).toString())
              .data(SdkBytes.fromByteArrayUnsafe(Departures.end().bytes()))
              .build());
    }
    put(client, entries);
  }

  private static void put(LoadClient client, List<PutRecordsRequestEntry> entries) {
    int failed =
        client
            .sdk()
            .putRecords(request -> request.streamName(STREAM).records(entries))
            .join()
            .failedRecordCount();
    if (failed > 0) {
      throw new NotMeasured(failed + " departures were refused by the local Kinesis");
    }
  }

  /** Where one of them reads. */
  WindowSettings.Servers of(Contestant contestant) {
    return new WindowSettings.Servers(
        contestant.readsKafka() ? brokerUri : kinesis.endpoint(), dynamoDb.endpoint());
  }

  /** Makes or deletes the stream between the two parts of a job of ours. */
  void makeThrough(String application) {
    try (LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.create(HeadraceWindows.throughStream(application));
    }
  }

  void deleteThrough(String application) {
    try (LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.delete(HeadraceWindows.throughStream(application));
    }
  }

  @Override
  public void close() {
    if (broker != null) {
      broker.close();
    }
    dynamoDb.close();
    kinesis.close();
  }
}
