package io.headrace.bench.producer;

import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** The floor: a loop that fills batches and sends them, and gives up at the first failure. */
final class BarePuts implements Puts {
  private final KinesisAsyncClient client;
  private final String stream;
  private final Stored listener;
  private final Semaphore calls = new Semaphore(CALLS);
  private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
  private List<PutRecordsRequestEntry> batch = new ArrayList<>(BATCH);

  BarePuts(LoadClient client, String stream, Stored listener) {
    this.client = client.sdk();
    this.stream = stream;
    this.listener = listener;
  }

  @Override
  public void put(String key, byte[] data) throws InterruptedException {
    batch.add(
        PutRecordsRequestEntry.builder()
            .partitionKey(key)
            .data(SdkBytes.fromByteArrayUnsafe(data))
            .build());
    if (batch.size() == BATCH) {
      flush();
    }
  }

  @Override
  public void flush() throws InterruptedException {
    if (batch.isEmpty()) {
      return;
    }
    List<PutRecordsRequestEntry> sent = batch;
    batch = new ArrayList<>(BATCH);
    calls.acquire();
    var unused =
        client
            .putRecords(request -> request.streamName(stream).records(sent))
            .whenComplete(
                (answer, failed) -> {
                  calls.release();
                  if (failed != null) {
                    failure.compareAndSet(null, NotMeasured.because(failed));
                  } else if (answer.failedRecordCount() > 0) {
                    failure.compareAndSet(null, answer.failedRecordCount() + " records refused");
                  } else {
                    listener.stored(sent.size());
                  }
                });
  }

  @Override
  public double recordsPerCall() {
    return BATCH;
  }

  @Override
  public void requireAnswers() {
    String failed = failure.get();
    if (failed != null) {
      throw new NotMeasured("a put failed: " + failed);
    }
  }

  @Override
  public void close() {
    requireAnswers();
  }
}
