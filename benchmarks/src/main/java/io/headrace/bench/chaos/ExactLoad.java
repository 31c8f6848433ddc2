package io.headrace.bench.chaos;

import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.Put;
import io.headrace.samples.Sample;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.StreamSupport;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * Puts the inputs of samples, evenly over a time, in the order that they have: one request after
 * the other. Each input has a thread of its own.
 */
final class ExactLoad {
  private static final int ENTRIES_A_REQUEST = 500;
  private static final long LOOK_EVERY_MILLIS = 20;
  private static final int TRIES_MAX = 10;

  /** A shard of a stream. */
  record Place(String stream, String shard) {}

  private final LoadClient client;
  private final long overNanos;
  private final Map<Place, BigInteger> last = new ConcurrentHashMap<>();
  private final List<CompletableFuture<Void>> running = new ArrayList<>();

  /**
   * @param over the time that all inputs take; zero puts them as quickly as they are taken
   */
  ExactLoad(LoadClient client, Duration over) {
    this.client = client;
    this.overNanos = over.toNanos();
  }

  /** Begins with the first entries of a sample that go to one of its streams. */
  void start(Sample sample, StreamSource stream, int count) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    running.add(done);
    Thread thread =
        new Thread(
            () -> {
              try {
                put(sample, stream, count);
                done.complete(null);
              } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
              }
            },
            "load-" + sample.name());
    thread.setDaemon(true);
    thread.start();
  }

  boolean isDone() {
    return running.stream().allMatch(CompletableFuture::isDone);
  }

  /** Waits for the end; answers the last sequence number of each shard that has records. */
  Map<Place, BigInteger> last() {
    try {
      running.forEach(CompletableFuture::join);
    } catch (CompletionException e) {
      throw new NotMeasured("the input can't be put: " + NotMeasured.because(e), e);
    }
    return Map.copyOf(last);
  }

  private void put(Sample sample, StreamSource to, int count) {
    String stream = to.name();
    Iterator<Entry> entries = entries(sample, to);
    long begun = System.nanoTime();
    int done = 0;
    while (done < count) {
      int due = due(count, System.nanoTime() - begun);
      if (due == done) {
        Pause.millis(LOOK_EVERY_MILLIS);
        continue;
      }
      List<Entry> batch = new ArrayList<>();
      while (done + batch.size() < due && batch.size() < ENTRIES_A_REQUEST) {
        batch.add(entries.next());
      }
      put(stream, batch);
      done += batch.size();
    }
    put(stream, sample.ending(to, shards(stream)));
  }

  private static Iterator<Entry> entries(Sample sample, StreamSource to) {
    Iterable<Put> all = sample::entries;
    return StreamSupport.stream(all.spliterator(), false)
        .filter(put -> put.stream().equals(to))
        .map(Put::entry)
        .iterator();
  }

  private int due(int count, long elapsed) {
    return elapsed >= overNanos ? count : (int) ((double) elapsed / overNanos * count);
  }

  private void put(String stream, List<Entry> batch) {
    if (batch.isEmpty()) {
      return;
    }
    List<PutRecordsRequestEntry> entries =
        batch.stream()
            .map(
                entry ->
                    PutRecordsRequestEntry.builder()
                        .partitionKey(entry.partitionKey())
                        .data(SdkBytes.fromByteArrayUnsafe(entry.data()))
                        .build())
            .toList();
    for (PutRecordsResultEntry entry : stored(stream, entries)) {
      if (entry.errorCode() != null) {
        throw new NotMeasured("a record of " + stream + " was refused: " + entry.errorCode());
      }
      last.merge(
          new Place(stream, entry.shardId()),
          new BigInteger(entry.sequenceNumber()),
          BigInteger::max);
    }
  }

  /** A request that is not answered in time is sent again: samples know what was stored twice. */
  private List<PutRecordsResultEntry> stored(String stream, List<PutRecordsRequestEntry> entries) {
    for (int tries = 1; ; tries++) {
      try {
        return client
            .sdk()
            .putRecords(request -> request.streamName(stream).records(entries))
            .join()
            .records();
      } catch (CompletionException e) {
        if (tries == TRIES_MAX) {
          throw e;
        }
      }
    }
  }

  private List<Shard> shards(String stream) {
    return client.sdk().listShards(r -> r.streamName(stream)).join().shards().stream()
        .map(
            shard ->
                new Shard(
                    new ShardId(shard.shardId()),
                    List.of(),
                    new HashRange(
                        new BigInteger(shard.hashKeyRange().startingHashKey()),
                        new BigInteger(shard.hashKeyRange().endingHashKey()))))
        .toList();
  }
}
