package io.headrace.bench.chaos;

import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OpenShards;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * The local Kinesis, which stays up, and DynamoDB Local, which is stopped and started again. Only
 * one thread disturbs them.
 */
final class Services implements AutoCloseable {
  /** For the streams of {@link WitnessProgram}. */
  static final int HEAP_MEBIBYTES = 768;

  private static final int RECORDS_READ_MAX = 10_000;

  private final Path logs;
  private final Path tables;
  private final int dynamoDbPort = ServerProcess.freePort();
  private final ServerProcess kinesis;
  private final LoadClient client;
  private ServerProcess dynamoDb;

  /** Starts both, with the streams of {@link WitnessProgram}. */
  Services(Path folder, Path logs) throws IOException {
    this(folder, logs, HEAP_MEBIBYTES, List.of(WitnessProgram.STREAM, WitnessProgram.OUTPUTS));
  }

  /**
   * Starts both.
   *
   * @param heapMebibytes of the local Kinesis, which holds all records
   */
  Services(Path folder, Path logs, int heapMebibytes, List<String> streams) throws IOException {
    this.logs = logs;
    this.tables = Files.createDirectories(folder.resolve("tables"));
    kinesis = OwnServer.start("off", heapMebibytes, logs.resolve("kinesis.log"));
    client = LoadClient.http1(kinesis.endpoint());
    dynamoDb = startDynamoDb();
    streams.forEach(client::create);
  }

  URI kinesis() {
    return kinesis.endpoint();
  }

  URI dynamoDb() {
    return dynamoDb.endpoint();
  }

  LoadClient client() {
    return client;
  }

  /** Takes the tables away for a time, as a process that ends and is started again. */
  void interruptDynamoDb(Duration time) {
    dynamoDb.close();
    if (ServerProcess.answers(dynamoDbPort)) {
      throw new NotMeasured("DynamoDB Local answers although it was ended");
    }
    Pause.millis(time.toMillis());
    dynamoDb = startDynamoDb();
  }

  private ServerProcess startDynamoDb() {
    return ServerProcess.start(
        DynamoDbServer.launchIn(tables, dynamoDbPort), dynamoDbPort, logs.resolve("dynamodb.log"));
  }

  /** The shards that {@link WitnessProgram} reads. */
  OpenShards shards() {
    return new OpenShards(client, WitnessProgram.STREAM);
  }

  /** Writes down all outputs, shard by shard. */
  void readOutputs(Diary diary) {
    read(
        WitnessProgram.OUTPUTS,
        record -> diary.write("output", "record", record.data().asString(StandardCharsets.UTF_8)));
  }

  /** Reads all that a stream holds, shard by shard. */
  void read(String stream, Consumer<Record> each) {
    for (String shard : client.shards(stream)) {
      String iterator = client.oldest(stream, shard);
      boolean atTip = false;
      while (!atTip) {
        String from = iterator;
        GetRecordsResponse page =
            client.sdk().getRecords(r -> r.shardIterator(from).limit(RECORDS_READ_MAX)).join();
        page.records().forEach(each);
        iterator = page.nextShardIterator();
        atTip = page.records().isEmpty() && page.millisBehindLatest() == 0;
      }
    }
  }

  @Override
  public void close() {
    client.close();
    dynamoDb.close();
    kinesis.close();
  }
}
