package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.function.aws.AwsServices;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import io.headrace.local.LocalKinesis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.dynamodb.services.local.embedded.DynamoDBEmbedded;

/** Workers with threads of their own against a Kinesis server's socket and DynamoDB Local. */
class RealServicesTest {
  private static final int KEYS = 20;
  private static final int ROUNDS = 30;

  private final Map<String, Integer> counts = new ConcurrentHashMap<>();
  private final Set<String> finished = ConcurrentHashMap.newKeySet();
  private final CountDownLatch half = new CountDownLatch(KEYS);
  private final CountDownLatch all = new CountDownLatch(KEYS);

  /** Until the crash this key fails, so that it is parked. */
  private final Set<String> broken = ConcurrentHashMap.newKeySet();

  private final CountDownLatch parked = new CountDownLatch(1);

  /** Counts the records of a key in its state. */
  private final class Counting implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "0";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      if (broken.contains(event.partitionKey())) {
        throw new IllegalStateException("broken");
      }
      int count = Integer.parseInt(state) + 1;
      out.send(event.partitionKey() + " " + count);
      return Next.state(Integer.toString(count));
    }
  }

  @Test
  void a_crash_in_the_middle_counts_every_record_exactly_once_also_of_a_parked_key()
      throws Exception {
    broken.add("key0");
    try (var kinesis = LocalKinesis.builder().port(0).start();
        var dynamoDb = DynamoDBEmbedded.create(true).dynamoDbAsyncClient();
        var aws =
            AwsServices.at(
                new AwsServices.Endpoints(
                    Optional.of("us-east-1"),
                    Optional.of(kinesis.endpoint()),
                    Optional.of(kinesis.endpoint())))) {
      kinesis.createStream("in", 4);
      var chunks = new DynamoChunkStore(dynamoDb, "headrace", "app");
      var victim = worker("victim", aws, dynamoDb, chunks);
      try (var survivor = worker("survivor", aws, dynamoDb, chunks);
          var loop = ThreadedLoop.start("test-producer", thrown -> {});
          var connector = aws.connector();
          var sink = connector.sink("in", loop, Entropy.generator())) {
        put(sink, 0, ROUNDS / 2);
        assertThat(half.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(parked.await(60, TimeUnit.SECONDS)).isTrue();
        victim.crash();
        broken.clear();
        put(sink, ROUNDS / 2, ROUNDS);
        assertThat(all.await(120, TimeUnit.SECONDS)).as("%s", survivor.health()).isTrue();
      }
    }
    assertThat(counts).hasSize(KEYS);
    assertThat(counts.values()).containsOnly(ROUNDS);
  }

  private FunctionRuntime.Running worker(
      String name, AwsServices aws, DynamoDbAsyncClient dynamoDb, ChunkStore chunks) {
    return FunctionRuntime.named("app")
        .workerId(name)
        .leaseTime(Duration.ofSeconds(2))
        .committingEvery(Duration.ofMillis(200))
        .leasesIn(new DynamoLeaseTable(dynamoDb, "headrace"))
        .checkpointsIn(new DynamoCheckpointStore(dynamoDb, "headrace", "app"))
        .stateIn(chunks)
        .connecting(aws.connector())
        .stoppingWithin(Duration.ofSeconds(5))
        .observedBy(
            new RuntimeListener() {
              @Override
              public void on(Object event) {
                if (event instanceof FunctionEvent.KeyParked) {
                  parked.countDown();
                }
              }
            })
        .run(
            Rig.reading()
                .retrying(
                    RetryPolicy.forever()
                        .backingOff(Duration.ofMillis(20), Duration.ofMillis(200))
                        .parkingKeys(new KeyParking(Duration.ofSeconds(1), 4, 1 << 20, 8, 1 << 20)))
                .keyedBy(Keys.partitionKey(), new Texts())
                .handledBy(() -> new Counting(), Destination.callback(this::counted)))
        .start();
  }

  private void counted(String output) {
    int space = output.indexOf(' ');
    int count = Integer.parseInt(output.substring(space + 1));
    counts.merge(output.substring(0, space), count, Math::max);
    half.countDown();
    if (count == ROUNDS && finished.add(output.substring(0, space))) {
      all.countDown();
    }
  }

  private static void put(StreamSink sink, int from, int to) throws Exception {
    for (int round = from; round < to; round++) {
      var entries = new ArrayList<StreamSink.Entry>();
      for (int key = 0; key < KEYS; key++) {
        entries.add(new StreamSink.Entry("key" + key, Integer.toString(round).getBytes(UTF_8)));
      }
      var stored = sink.put(List.copyOf(entries)).toCompletableFuture().get(60, TimeUnit.SECONDS);
      assertThat(stored).hasSize(KEYS);
    }
  }
}
