package io.headrace.bench.producer;

import io.headrace.bench.rig.NotMeasured;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.kinesis.HeadraceProducer;
import io.headrace.kcl.kinesis.ProducerFigures;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Our producer, used as a user would: put, and hear of each record. */
final class ProducerPuts implements Puts {
  private final HeadraceProducer producer;
  private final Stored listener;
  private final AtomicReference<@Nullable String> failure = new AtomicReference<>();

  ProducerPuts(HeadraceProducer producer, Stored listener) {
    this.producer = producer;
    this.listener = listener;
  }

  @Override
  public void put(String key, byte[] data) {
    if (!producer.hasRoom()) {
      producer.room().toCompletableFuture().join();
    }
    var unused =
        producer
            .put(new Entry(key, data))
            .whenComplete(
                (stored, failed) -> {
                  if (failed != null) {
                    failure.compareAndSet(null, NotMeasured.because(failed));
                  } else {
                    listener.stored(1);
                  }
                });
  }

  @Override
  public void flush() {
    producer.flush().toCompletableFuture().join();
  }

  @Override
  public double recordsPerCall() {
    ProducerFigures told = producer.figures();
    return (double) told.stored() / Math.max(1, told.calls());
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
    producer.close();
    requireAnswers();
  }
}
