package io.headrace.bench.consumer;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.ConsumerSettings.Reading;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.RequestCount;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.function.Codec;
import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.KinesisHttp;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.function.Consumer;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Ours as a measured consumer: a function that does nothing, written as a user would. */
public final class HeadraceConsumer {
  private static final Duration READY_MAX = Duration.ofSeconds(60);
  private static final String TABLE = "headrace";

  private HeadraceConsumer() {}

  /** Takes what {@link ConsumerSettings#command} writes. */
  public static void main(String[] args) {
    ConsumerProgram.run(args, HeadraceConsumer::start);
  }

  private static AutoCloseable start(ConsumerSettings settings, Consumer<ByteBuffer> arrived)
      throws IOException {
    return start(settings, spec(settings.stream(), arrived));
  }

  /** Runs a function on what the settings name, and returns when it takes part in its fleet. */
  public static AutoCloseable start(ConsumerSettings settings, FunctionSpec<?, ?> spec)
      throws IOException {
    RequestCount ofStream = new RequestCount();
    RequestCount ofTable = new RequestCount();
    KinesisAsyncClient kinesis =
        local(KinesisAsyncClient.builder(), settings.kinesis())
            .httpClientBuilder(http(settings.reading()))
            .overrideConfiguration(
                override -> {
                  KinesisHttp.prepare(override);
                  override.addExecutionInterceptor(ofStream);
                })
            .build();
    DynamoDbAsyncClient dynamoDb =
        local(DynamoDbAsyncClient.builder(), settings.dynamoDb())
            .overrideConfiguration(override -> override.addExecutionInterceptor(ofTable))
            .build();
    FunctionRuntime.Running running =
        FunctionRuntime.named(settings.application())
            .leasesIn(new DynamoLeaseTable(dynamoDb, TABLE))
            .checkpointsIn(new DynamoCheckpointStore(dynamoDb, TABLE, settings.application()))
            .stateIn(new DynamoChunkStore(dynamoDb, TABLE, settings.application()))
            .connecting(new KinesisConnector(kinesis, retrieval(settings)))
            .deadLettersIn(DeadLetters.inFile(Files.createTempDirectory("headrace-bench")))
            .run(spec)
            .start();
    awaitReady(running);
    return new Worker(running, kinesis, dynamoDb, ofStream, ofTable);
  }

  private record Worker(
      FunctionRuntime.Running running,
      KinesisAsyncClient kinesis,
      DynamoDbAsyncClient dynamoDb,
      RequestCount ofStream,
      RequestCount ofTable)
      implements ConsumerProgram.Counted {
    @Override
    public void close() {
      running.close();
      kinesis.close();
      dynamoDb.close();
    }
  }

  private static NettyNioAsyncHttpClient.Builder http(Reading reading) {
    var http = KinesisHttp.builder();
    return reading == Reading.POLLING_HTTP1 ? http.protocol(Protocol.HTTP1_1) : http;
  }

  private static Retrieval retrieval(ConsumerSettings settings) {
    return switch (settings.reading()) {
      case FAN_OUT -> Retrieval.fanOut().as(settings.application());
      case POLLING, POLLING_PACED, POLLING_OFTEN, POLLING_HTTP1 -> Retrieval.polling();
    };
  }

  private static FunctionSpec<byte[], byte[]> spec(String stream, Consumer<ByteBuffer> arrived) {
    return FunctionSpec.named("count")
        .reading(Input.of(StreamSource.kinesis(stream), Codec.bytes()))
        .handledBy(
            () -> (event, out) -> arrived.accept(ByteBuffer.wrap(event.value())),
            Destination.nowhere());
  }

  /** Until it takes part in its fleet. */
  public static void awaitReady(FunctionRuntime.Running running) {
    long end = System.nanoTime() + READY_MAX.toNanos();
    while (!running.health().ready()) {
      if (System.nanoTime() > end) {
        throw new NotMeasured(
            "the worker was not ready after "
                + READY_MAX.toSeconds()
                + " s: "
                + running.health().reasons());
      }
      Pause.millis(5);
    }
  }
}
