package io.headrace.local;

import io.headrace.local.engine.Shard;
import io.headrace.local.protocol.Wire;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Measures records a second through the real client: 500 records of 200 bytes a put, four at once,
 * then four readers of 10,000 a read. Client and server share the machine. Prints one line a run.
 *
 * <p>Arguments: the runs, the batches of each, and an empty folder if a server that keeps its data
 * is to be measured in turn.
 */
final class Throughput {
  private static final int IN_FLIGHT = 4;
  private static final int BATCH = 500;
  private static final int SHARDS = 4;

  private Throughput() {}

  public static void main(String[] arguments) {
    int runs = Integer.parseInt(arguments[0]);
    int batches = Integer.parseInt(arguments[1]);
    for (int run = 0; run < runs; run++) {
      for (Wire wire : Wire.values()) {
        measure(wire, Protocol.HTTP1_1, batches, null);
        measure(wire, Protocol.HTTP2, batches, null);
        if (arguments.length > 2) {
          Path folder = Path.of(arguments[2], run + "-" + wire);
          measure(wire, Protocol.HTTP1_1, batches, folder);
          measure(
              wire, Protocol.HTTP2, batches, folder.resolveSibling(folder.getFileName() + "-2"));
        }
      }
    }
  }

  private static void measure(Wire wire, Protocol protocol, int batches, @Nullable Path folder) {
    try (LocalKinesis kinesis = start(folder);
        KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, protocol)) {
      kinesis.createStream("measured", SHARDS);
      long start = System.nanoTime();
      long serverStart = serverCpu();
      put(client, batches);
      long written = System.nanoTime();
      long serverWritten = serverCpu();
      long read = read(client);
      long end = System.nanoTime();
      long serverEnd = serverCpu();
      System.out.printf(
          Locale.ROOT,
          "%s %s %s: put %,.0f records/s, get %,.0f records/s;"
              + " the server alone takes %.2f and %.2f microseconds a record%n",
          folder == null ? "memory" : "disk",
          wire,
          protocol,
          batches * BATCH * 1e9 / (written - start),
          read * 1e9 / (end - written),
          (serverWritten - serverStart) / 1e3 / (batches * BATCH),
          (serverEnd - serverWritten) / 1e3 / read);
    }
  }

  private static LocalKinesis start(@Nullable Path folder) {
    return folder == null ? LocalKinesis.start() : LocalKinesis.builder().data(folder).start();
  }

  /** The nanoseconds of processor that the threads of the server have used. */
  private static long serverCpu() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
        .filter(info -> info != null && info.getThreadName().startsWith("local-kinesis"))
        .mapToLong(info -> threads.getThreadCpuTime(info.getThreadId()))
        .sum();
  }

  private static void put(KinesisAsyncClient client, int batches) {
    List<PutRecordsRequestEntry> entries = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("key-" + i * 7919)
              .data(SdkBytes.fromByteArray(new byte[200]))
              .build());
    }
    AtomicInteger left = new AtomicInteger(batches);
    List<CompletableFuture<Void>> lanes = new ArrayList<>();
    for (int i = 0; i < IN_FLIGHT; i++) {
      lanes.add(putNext(client, entries, left));
    }
    lanes.forEach(CompletableFuture::join);
  }

  private static CompletableFuture<Void> putNext(
      KinesisAsyncClient client, List<PutRecordsRequestEntry> entries, AtomicInteger left) {
    if (left.getAndDecrement() <= 0) {
      return CompletableFuture.completedFuture(null);
    }
    return client
        .putRecords(r -> r.streamName("measured").records(entries))
        .thenCompose(done -> putNext(client, entries, left));
  }

  private static long read(KinesisAsyncClient client) {
    AtomicLong read = new AtomicLong();
    List<CompletableFuture<Void>> readers = new ArrayList<>();
    for (int i = 0; i < SHARDS; i++) {
      String shardId = Shard.id(i);
      readers.add(
          client
              .getShardIterator(
                  r ->
                      r.streamName("measured")
                          .shardId(shardId)
                          .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
              .thenCompose(iterator -> readNext(client, iterator.shardIterator(), read)));
    }
    readers.forEach(CompletableFuture::join);
    return read.get();
  }

  private static CompletableFuture<Void> readNext(
      KinesisAsyncClient client, String iterator, AtomicLong read) {
    return client
        .getRecords(r -> r.shardIterator(iterator).limit(10_000))
        .thenCompose(response -> continueReading(client, response, read));
  }

  private static CompletableFuture<Void> continueReading(
      KinesisAsyncClient client, GetRecordsResponse response, AtomicLong read) {
    read.addAndGet(response.records().size());
    return response.millisBehindLatest() == 0
        ? CompletableFuture.completedFuture(null)
        : readNext(client, response.nextShardIterator(), read);
  }
}
