package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.function.aws.AwsServices;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.WorkerStatus;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import io.headrace.local.LocalKinesis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.dynamodb.services.local.embedded.DynamoDBEmbedded;

/**
 * Two functions of one worker on one stream, of which one stands still for a while, against a
 * Kinesis server's socket and DynamoDB Local.
 */
class LaggardOnRealServicesTest {
  private static final int RECORDS = 60;
  private static final int BATCH = 5;

  private final BlockingQueue<String> fast = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> slow = new LinkedBlockingQueue<>();
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final CountDownLatch leftBehind = new CountDownLatch(1);
  private final CountDownLatch caughtUp = new CountDownLatch(1);
  private int put;

  @Test
  void a_slow_function_holds_up_no_other_and_both_ends_of_that_are_told() throws Exception {
    try (var kinesis = LocalKinesis.builder().port(0).start();
        var dynamoDb = DynamoDBEmbedded.create(true).dynamoDbAsyncClient();
        var aws =
            AwsServices.at(
                new AwsServices.Endpoints(
                    Optional.of("us-east-1"),
                    Optional.of(kinesis.endpoint()),
                    Optional.of(kinesis.endpoint())))) {
      kinesis.createStream("in", 1);
      try (var worker = worker(aws, dynamoDb);
          var loop = ThreadedLoop.start("test-producer", thrown -> {});
          var connector = aws.connector();
          var sink = connector.sink("in", loop, Entropy.generator())) {
        var sent = new ArrayList<String>();
        while (sent.size() < RECORDS) {
          sent.addAll(put(sink));
        }
        assertThat(take(fast, RECORDS)).isEqualTo(sent);
        // Only what comes then shows that the other one does not wait.
        while (leftBehind.getCount() > 0) {
          var more = put(sink);
          sent.addAll(more);
          assertThat(take(fast, BATCH)).isEqualTo(more);
        }
        assertThat(readsBehind(worker, "slow")).isTrue();
        assertThat(readsBehind(worker, "fast")).isFalse();
        var more = put(sink);
        sent.addAll(more);
        assertThat(take(fast, BATCH)).isEqualTo(more);

        goOn.countDown();
        assertThat(take(slow, sent.size())).isEqualTo(sent);
        while (caughtUp.getCount() > 0) {
          more = put(sink);
          assertThat(take(slow, BATCH)).isEqualTo(more);
        }
        assertThat(readsBehind(worker, "slow")).isFalse();
      }
    }
  }

  private FunctionRuntime.Running worker(AwsServices aws, DynamoDbAsyncClient dynamoDb) {
    return FunctionRuntime.named("app")
        .workerId("w1")
        .leaseTime(Duration.ofSeconds(2))
        .committingEvery(Duration.ofMillis(200))
        .leasesIn(new DynamoLeaseTable(dynamoDb, "headrace"))
        .checkpointsIn(new DynamoCheckpointStore(dynamoDb, "headrace", "app"))
        .stateIn(new DynamoChunkStore(dynamoDb, "headrace", "app"))
        .connecting(aws.connector())
        .stoppingWithin(Duration.ofSeconds(5))
        .observedBy(
            new RuntimeListener() {
              @Override
              public void on(Object event) {
                if (event instanceof WorkerEvent.LeftBehind told
                    && told.function().startsWith("slow")) {
                  leftBehind.countDown();
                } else if (event instanceof WorkerEvent.CaughtUp told
                    && told.function().startsWith("slow")) {
                  caughtUp.countDown();
                }
              }
            })
        .run(function("fast", event -> fast.add(event.value())))
        .run(
            function(
                "slow",
                event -> {
                  goOn.await();
                  slow.add(event.value());
                }))
        .start();
  }

  /** What a function does with a record. */
  @FunctionalInterface
  private interface Deed {
    void to(Event<String> event) throws Exception;
  }

  private static FunctionSpec<String, String> function(String name, Deed deed) {
    return FunctionSpec.named(name)
        .reading(Rig.input())
        .inFlight(4)
        .batching(4, Duration.ZERO)
        .handledBy(() -> (event, out) -> deed.to(event), Destination.<String>nowhere());
  }

  /** Of one key, so that they come in order. */
  private List<String> put(StreamSink sink) throws Exception {
    var entries = new ArrayList<StreamSink.Entry>();
    var values = new ArrayList<String>();
    for (int i = 0; i < BATCH; i++) {
      values.add(Integer.toString(put++));
      entries.add(new StreamSink.Entry("key", values.get(i).getBytes(UTF_8)));
    }
    var stored = sink.put(entries).toCompletableFuture().get(60, TimeUnit.SECONDS);
    assertThat(stored).hasSize(BATCH);
    return values;
  }

  private static List<String> take(BlockingQueue<String> from, int count) throws Exception {
    var taken = new ArrayList<String>();
    while (taken.size() < count) {
      var next = from.poll(60, TimeUnit.SECONDS);
      assertThat(next).as("after %s", taken).isNotNull();
      taken.add(next);
    }
    return taken;
  }

  private static boolean readsBehind(FunctionRuntime.Running worker, String function)
      throws Exception {
    var status = worker.status().toCompletableFuture().get(60, TimeUnit.SECONDS);
    return status.shards().stream()
        .flatMap(shard -> shard.functions().stream())
        .filter(each -> each.function().startsWith(function))
        .anyMatch(WorkerStatus.FunctionStatus::readsBehind);
  }
}
