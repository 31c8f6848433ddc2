package io.headrace.bench.consumer;

import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * GetRecords through the SDK and nothing around it: one call of each shard is under way, and its
 * answer sends the next. What comes is handed over on the threads of the SDK.
 */
public final class BarePages implements AutoCloseable {
  private static final int TIP_MILLIS = 200;
  private static final Executor AT_TIP =
      CompletableFuture.delayedExecutor(TIP_MILLIS, TimeUnit.MILLISECONDS);

  /**
   * How a shard is read.
   *
   * @param limit records a call at most
   * @param apart how many milliseconds lie between two calls at least
   */
  record Pace(int limit, int apart) {
    /** Calls that are answered the quickest, one after the other. */
    static final Pace ANY = new Pace(5_000, 0);

    /** No more than Kinesis answers: five calls a second and shard, of 10,000 records. */
    static final Pace OF_SERVICE = new Pace(10_000, 200);
  }

  private final LoadClient client;
  private final Pace pace;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean closed;

  private BarePages(LoadClient client, Pace pace) {
    this.client = client;
    this.pace = pace;
  }

  /**
   * Starts to read a stream from its beginning, as fast as it goes.
   *
   * @param shardReader makes what a shard's records are handed to, one at a time
   */
  public static BarePages open(
      LoadClient client, String stream, Supplier<Consumer<Record>> shardReader) {
    return open(client, stream, Pace.ANY, shardReader);
  }

  /** The same at a pace. */
  static BarePages open(
      LoadClient client, String stream, Pace pace, Supplier<Consumer<Record>> shardReader) {
    BarePages pages = new BarePages(client, pace);
    for (String shard : client.shards(stream)) {
      pages.next(client.oldest(stream, shard), shardReader.get());
    }
    return pages;
  }

  private void next(String iterator, Consumer<Record> reader) {
    if (closed) {
      return;
    }
    long sent = System.nanoTime();
    var unused =
        client
            .sdk()
            .getRecords(get -> get.shardIterator(iterator).limit(pace.limit()))
            .thenAccept(page -> read(page, sent, reader))
            .whenComplete(
                (done, thrown) -> {
                  if (thrown != null) {
                    failure.compareAndSet(null, thrown);
                  }
                });
  }

  private void read(GetRecordsResponse page, long sent, Consumer<Record> reader) {
    page.records().forEach(reader);
    long early = TimeUnit.MILLISECONDS.toNanos(pace.apart()) - (System.nanoTime() - sent);
    if (page.records().isEmpty()) {
      AT_TIP.execute(() -> next(page.nextShardIterator(), reader));
    } else if (early > 0) {
      CompletableFuture.delayedExecutor(early, TimeUnit.NANOSECONDS)
          .execute(() -> next(page.nextShardIterator(), reader));
    } else {
      next(page.nextShardIterator(), reader);
    }
  }

  /** Throws when a call has failed: what comes no more is no matter of speed. */
  @Override
  public void close() {
    closed = true;
    Throwable failed = failure.get();
    if (failed != null) {
      throw new NotMeasured("a call failed: " + NotMeasured.because(failed), failed);
    }
  }
}
