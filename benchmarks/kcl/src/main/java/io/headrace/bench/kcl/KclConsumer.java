package io.headrace.bench.kcl;

import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * The library as a measured consumer. Its processor does nothing but what every consumer does here,
 * and writes a checkpoint as often as a function of ours commits unless told otherwise.
 */
public final class KclConsumer {
  private static final int START_SECONDS_MAX = 120;

  private KclConsumer() {}

  /** Takes what {@link ConsumerSettings#command} writes. */
  public static void main(String[] args) {
    ConsumerProgram.run(args, KclConsumer::start);
  }

  private static AutoCloseable start(ConsumerSettings settings, Consumer<ByteBuffer> arrived)
      throws Exception {
    CountDownLatch begun = new CountDownLatch(LoadClient.SHARDS);
    KclWorker worker =
        KclWorker.restart(
            new KclWorker.Place(
                settings.kinesis(), settings.dynamoDb(), settings.stream(), settings.application()),
            settings.reading(),
            () -> new Processor(arrived, begun));
    if (!begun.await(START_SECONDS_MAX, TimeUnit.SECONDS)) {
      throw new NotMeasured(
          "the KCL read %d of %d shards after %d s"
              .formatted(
                  LoadClient.SHARDS - begun.getCount(), LoadClient.SHARDS, START_SECONDS_MAX));
    }
    return worker;
  }

  private static final class Processor extends CheckpointingProcessor {
    private final Consumer<ByteBuffer> arrived;
    private final CountDownLatch begun;

    Processor(Consumer<ByteBuffer> arrived, CountDownLatch begun) {
      this.arrived = arrived;
      this.begun = begun;
    }

    @Override
    void begun(String shardId) {
      begun.countDown();
    }

    @Override
    void handle(KinesisClientRecord record) {
      arrived.accept(record.data());
    }
  }
}
