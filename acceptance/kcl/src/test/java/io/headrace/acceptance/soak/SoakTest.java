package io.headrace.acceptance.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.function.Codec;
import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.json.Json;
import io.headrace.harness.LocalAws;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** The short form of {@code headrace bench soak}: what an hour would pile up, without the hour. */
class SoakTest {
  private static final String STREAM = "soak";
  private static final int KEYS = 20;

  /** Nothing here depends on how long a thing takes: this ends a test that hangs. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Set<String> put = new TreeSet<>();
  private final Set<String> handled = new ConcurrentSkipListSet<>();

  @TempDir private Path letters;

  @Test
  @Timeout(180)
  void deployments_splits_and_merges_leave_no_thread_handle_worker_or_file_and_lose_nothing()
      throws IOException {
    Holdings before = Holdings.now();
    List<WeakReference<FunctionRuntime.Running>> workers = course(4);

    await()
        .pollInSameThread()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              Holdings now = Holdings.now();
              assertThat(now.isWithin(before)).as("%s within %s", now, before).isTrue();
            });
    await()
        .pollInSameThread()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(workers).allMatch(worker -> worker.refersTo(null));
            });
    try (Stream<Path> files = Files.list(letters)) {
      assertThat(files).isEmpty();
    }
  }

  /** A deployment, with a worker before and one behind it, for each split and merge in turn. */
  private List<WeakReference<FunctionRuntime.Running>> course(int deployments) {
    List<WeakReference<FunctionRuntime.Running>> workers = new ArrayList<>();
    try (LocalAws aws = LocalAws.start()) {
      aws.createStream(STREAM, 2);
      FunctionRuntime.Running old = start(aws);
      for (int round = 0; round < deployments; round++) {
        putAll(aws.kinesis(), round);
        awaitHandled();
        reshard(aws.kinesis(), round);
        FunctionRuntime.Running next = start(aws);
        putAll(aws.kinesis(), deployments + round);
        old.close();
        awaitHandled();
        workers.add(new WeakReference<>(old));
        old = next;
      }
      old.close();
      workers.add(new WeakReference<>(old));
    }
    assertThat(handled).containsExactlyInAnyOrderElementsOf(put);
    return workers;
  }

  private FunctionRuntime.Running start(LocalAws aws) {
    return aws.runtime("soak")
        .deadLettersIn(DeadLetters.inFile(letters))
        .run(
            FunctionSpec.named("counts")
                .reading(Input.of(StreamSource.kinesis(STREAM), Codec.bytes()))
                .keyedBy(Keys.partitionKey(), Json.of(Long.class))
                .handledBy(() -> new Counts(handled), Destination.<byte[]>nowhere()))
        .start();
  }

  /** Keeps how many records a key has had. */
  private record Counts(Set<String> handled) implements KeyedFunction<byte[], Long, byte[]> {
    @Override
    public Long initial(String key) {
      return 0L;
    }

    @Override
    public Next<Long> handle(Long state, Event<byte[]> event, Output<byte[]> out) {
      handled.add(new String(event.value(), StandardCharsets.UTF_8));
      return Next.state(state + 1);
    }
  }

  private void putAll(KinesisAsyncClient client, int number) {
    List<PutRecordsRequestEntry> entries = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      String record = "key-" + key + " " + number;
      put.add(record);
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("key-" + key)
              .data(SdkBytes.fromUtf8String(record))
              .build());
    }
    var answer = client.putRecords(request -> request.streamName(STREAM).records(entries)).join();
    assertThat(answer.failedRecordCount()).isZero();
  }

  private void awaitHandled() {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(() -> assertThat(handled).containsAll(put));
  }

  /** Two shards become three, and two again. */
  private static void reshard(KinesisAsyncClient client, int round) {
    List<Shard> open =
        client.listShards(request -> request.streamName(STREAM)).join().shards().stream()
            .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
            .sorted(Comparator.comparing(SoakTest::firstHash))
            .toList();
    if (round % 2 == 0) {
      BigInteger last = new BigInteger(open.get(0).hashKeyRange().endingHashKey());
      client
          .splitShard(
              request ->
                  request
                      .streamName(STREAM)
                      .shardToSplit(open.get(0).shardId())
                      .newStartingHashKey(
                          firstHash(open.get(0)).add(last).shiftRight(1).toString()))
          .join();
    } else {
      client
          .mergeShards(
              request ->
                  request
                      .streamName(STREAM)
                      .shardToMerge(open.get(1).shardId())
                      .adjacentShardToMerge(open.get(2).shardId()))
          .join();
    }
  }

  private static BigInteger firstHash(Shard shard) {
    return new BigInteger(shard.hashKeyRange().startingHashKey());
  }
}
