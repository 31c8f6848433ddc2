package io.headrace.bench.local;

import io.headrace.bench.rig.CpuMeter;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;

/**
 * Reads a whole stream again and again, from its oldest record to its newest, one thread a shard
 * and 10,000 records a call, until the time is over.
 */
final class GetLoad {
  private static final int LIMIT = 10_000;

  private GetLoad() {}

  static Figures run(
      LoadClient client, String stream, Duration time, long serverPid, String prefix) {
    List<String> shards = client.shards(stream);
    ExecutorService threads = Executors.newFixedThreadPool(shards.size());
    try {
      CpuMeter cpu = CpuMeter.started(serverPid);
      long start = System.nanoTime();
      List<CompletableFuture<Long>> counts = new ArrayList<>();
      for (String shard : shards) {
        counts.add(
            CompletableFuture.supplyAsync(
                () -> read(client, stream, shard, start + time.toNanos()), threads));
      }
      long records = counts.stream().mapToLong(CompletableFuture::join).sum();
      double seconds = (System.nanoTime() - start) / 1e9;
      Figures figures = new Figures().put(prefix + ".records_s", records / seconds);
      cpu.addTo(figures, prefix, records);
      return figures;
    } catch (CompletionException e) {
      throw new NotMeasured("a get failed: " + NotMeasured.because(e), e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static long read(LoadClient client, String stream, String shard, long end) {
    long records = 0;
    String iterator = client.oldest(stream, shard);
    while (System.nanoTime() < end) {
      String from = iterator;
      GetRecordsResponse page =
          client.sdk().getRecords(get -> get.shardIterator(from).limit(LIMIT)).join();
      records += page.records().size();
      iterator = page.nextShardIterator();
      // A page that is not full is the last one: time is of no help, for some servers always say 0.
      if (page.records().size() < LIMIT || iterator == null) {
        iterator = client.oldest(stream, shard);
      }
    }
    return records;
  }
}
