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
  private static final int LIMIT = 5_000;
  private static final int TIP_MILLIS = 200;
  private static final Executor AT_TIP =
      CompletableFuture.delayedExecutor(TIP_MILLIS, TimeUnit.MILLISECONDS);

  private final LoadClient client;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean closed;

  private BarePages(LoadClient client) {
    this.client = client;
  }

  /**
   * Starts to read a stream from its beginning.
   *
   * @param shardReader makes what a shard's records are handed to, one at a time
   */
  public static BarePages open(
      LoadClient client, String stream, Supplier<Consumer<Record>> shardReader) {
    BarePages pages = new BarePages(client);
    for (String shard : client.shards(stream)) {
      pages.next(client.oldest(stream, shard), shardReader.get());
    }
    return pages;
  }

  private void next(String iterator, Consumer<Record> reader) {
    if (closed) {
      return;
    }
    var unused =
        client
            .sdk()
            .getRecords(get -> get.shardIterator(iterator).limit(LIMIT))
            .thenAccept(page -> read(page, reader))
            .whenComplete(
                (done, thrown) -> {
                  if (thrown != null) {
                    failure.compareAndSet(null, thrown);
                  }
                });
  }

  private void read(GetRecordsResponse page, Consumer<Record> reader) {
    page.records().forEach(reader);
    if (page.records().isEmpty()) {
      AT_TIP.execute(() -> next(page.nextShardIterator(), reader));
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
