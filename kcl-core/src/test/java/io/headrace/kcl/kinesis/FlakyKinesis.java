package io.headrace.kcl.kinesis;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisServiceClientConfiguration;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * Refuses calls and records by chance, answers late and in any order, and keeps per key what it
 * stored: the number of bytes of each record.
 */
final class FlakyKinesis implements KinesisAsyncClient {
  private final EventLoop loop;
  private final SplittableRandom random;
  private final Map<String, List<Integer>> stored;

  FlakyKinesis(EventLoop loop, SplittableRandom random, Map<String, List<Integer>> stored) {
    this.loop = loop;
    this.random = random;
    this.stored = stored;
  }

  KinesisCalls calls() {
    return new KinesisCalls(this, new Place("orders", "here"), loop, random.split());
  }

  @Override
  public KinesisServiceClientConfiguration serviceClientConfiguration() {
    return ScriptedKinesis.CONFIGURATION;
  }

  @Override
  public CompletableFuture<PutRecordsResponse> putRecords(PutRecordsRequest request) {
    var answer = new CompletableFuture<PutRecordsResponse>();
    loop.schedule(
        Duration.ofMillis(random.nextInt(100)),
        () -> {
          if (random.nextInt(5) == 0) {
            ScriptedKinesis.<PutRecordsResponse>failing("InternalFailure", 500)
                .exceptionally(
                    failure -> {
                      answer.completeExceptionally(failure);
                      return null;
                    })
                .join();
            return;
          }
          var results = new ArrayList<PutRecordsResultEntry>();
          for (PutRecordsRequestEntry entry : request.records()) {
            results.add(random.nextInt(4) == 0 ? refused() : stored(entry));
          }
          answer.complete(PutRecordsResponse.builder().records(results).build());
        });
    return answer;
  }

  private PutRecordsResultEntry stored(PutRecordsRequestEntry entry) {
    stored
        .computeIfAbsent(entry.partitionKey(), key -> new ArrayList<>())
        .add(entry.data().asByteArrayUnsafe().length);
    return PutRecordsResultEntry.builder().shardId("s").sequenceNumber("1").build();
  }

  private static PutRecordsResultEntry refused() {
    return PutRecordsResultEntry.builder()
        .errorCode("ProvisionedThroughputExceededException")
        .errorMessage("slow")
        .build();
  }

  @Override
  public String serviceName() {
    return "kinesis";
  }

  @Override
  public void close() {}
}
