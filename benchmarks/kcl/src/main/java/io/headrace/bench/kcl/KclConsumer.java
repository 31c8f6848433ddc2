package io.headrace.bench.kcl;

import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;

/**
 * The library as a measured consumer. Its processor does nothing but what every consumer does here,
 * and writes a checkpoint as often as a function of ours commits unless told otherwise.
 */
public final class KclConsumer {
  private static final long CHECKPOINT_NANOS = TimeUnit.SECONDS.toNanos(5);
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

  private static final class Processor implements ShardRecordProcessor {
    private final Consumer<ByteBuffer> arrived;
    private final CountDownLatch begun;
    private long checkpointDue = System.nanoTime() + CHECKPOINT_NANOS;

    Processor(Consumer<ByteBuffer> arrived, CountDownLatch begun) {
      this.arrived = arrived;
      this.begun = begun;
    }

    @Override
    public void initialize(InitializationInput start) {
      begun.countDown();
    }

    @Override
    public void processRecords(ProcessRecordsInput batch) {
      batch.records().forEach(record -> arrived.accept(record.data()));
      if (System.nanoTime() >= checkpointDue) {
        checkpoint(batch.checkpointer());
      }
    }

    @Override
    public void leaseLost(LeaseLostInput lost) {}

    @Override
    public void shardEnded(ShardEndedInput end) {
      checkpoint(end.checkpointer());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput request) {
      checkpoint(request.checkpointer());
    }

    private void checkpoint(RecordProcessorCheckpointer checkpointer) {
      try {
        checkpointer.checkpoint();
        checkpointDue = System.nanoTime() + CHECKPOINT_NANOS;
      } catch (ShutdownException | InvalidStateException refused) {
        throw new IllegalStateException("a checkpoint is refused", refused);
      }
    }
  }
}
