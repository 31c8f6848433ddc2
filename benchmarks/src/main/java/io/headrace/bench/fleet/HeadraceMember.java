package io.headrace.bench.fleet;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.consumer.PreparedKinesis;
import io.headrace.bench.rig.Member;
import io.headrace.bench.rig.MemberSettings;
import io.headrace.bench.rig.MemberSettings.Reading;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.function.Codec;
import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.lease.LeaseSettings;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Ours as a worker of a measured fleet: one function, run as a user would, at its defaults; tuned
 * it has a shorter lease time.
 */
final class HeadraceMember {
  /** As long as the failover time of the tuned KCL. */
  private static final Duration TUNED_LEASE_TIME = Duration.ofSeconds(3);

  private HeadraceMember() {}

  /** Takes what {@link MemberSettings#command} writes. */
  public static void main(String[] args) {
    Member.run(args, HeadraceMember::start);
  }

  private static Member.Worker start(
      MemberSettings settings, Member.Handling function, Member.Traffic traffic)
      throws IOException {
    KinesisAsyncClient kinesis = PreparedKinesis.at(settings.kinesis(), traffic.ofStream());
    DynamoDbAsyncClient dynamoDb =
        local(DynamoDbAsyncClient.builder(), settings.dynamoDb())
            .overrideConfiguration(traffic::count)
            .build();
    Retrieval retrieval =
        settings.reading() == Reading.FAN_OUT ? Retrieval.fanOut() : Retrieval.polling();
    FunctionRuntime.Running running =
        FunctionRuntime.named(settings.application())
            .workerId(settings.worker())
            .deployment(settings.deployment())
            .leaseTime(settings.tuned() ? TUNED_LEASE_TIME : LeaseSettings.DEFAULT.leaseTime())
            .leasesIn(leaseTable(dynamoDb, settings.application()))
            .checkpointsIn(
                new DynamoCheckpointStore(dynamoDb, settings.application(), settings.application()))
            .connecting(new KinesisConnector(kinesis, retrieval))
            .deadLettersIn(DeadLetters.inFile(Files.createTempDirectory("headrace-bench")))
            .run(spec(settings.stream(), function))
            .start();
    return new Member.Worker() {
      @Override
      public boolean ready() {
        return running.health().ready();
      }

      @Override
      public boolean alive() {
        return running.health().alive();
      }

      @Override
      public void close() {
        running.close();
      }
    };
  }

  /** An application's own, as the KCL has it, under its name. */
  static DynamoLeaseTable leaseTable(DynamoDbAsyncClient dynamoDb, String application) {
    return new DynamoLeaseTable(dynamoDb, application);
  }

  private static FunctionSpec<byte[], byte[]> spec(String stream, Member.Handling function) {
    return FunctionSpec.named("count")
        .reading(Input.of(StreamSource.kinesis(stream), Codec.bytes()))
        .handledBy(
            () ->
                (event, out) ->
                    function.handle(
                        event.id().shard(), event.id().sequence(), ByteBuffer.wrap(event.value())),
            Destination.nowhere());
  }
}
