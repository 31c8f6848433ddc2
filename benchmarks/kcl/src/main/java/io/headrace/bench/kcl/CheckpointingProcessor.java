package io.headrace.bench.kcl;

import java.util.concurrent.TimeUnit;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * A processor as the library's documentation has it: a checkpoint every 5 s, which is as often as a
 * function of ours commits unless told otherwise, at the end of a shard, and when it is asked to
 * leave. One for each shard, called by one thread at a time.
 */
abstract class CheckpointingProcessor implements ShardRecordProcessor {
  private static final long CHECKPOINT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private long checkpointDue = System.nanoTime() + CHECKPOINT_NANOS;

  /** The shard is there. */
  abstract void begun(String shard);

  abstract void handle(KinesisClientRecord record);

  @Override
  public final void initialize(InitializationInput start) {
    begun(start.shardId());
  }

  @Override
  public final void processRecords(ProcessRecordsInput batch) {
    batch.records().forEach(this::handle);
    if (System.nanoTime() >= checkpointDue) {
      checkpoint(batch.checkpointer());
    }
  }

  @Override
  public final void leaseLost(LeaseLostInput lost) {}

  @Override
  public final void shardEnded(ShardEndedInput end) {
    checkpoint(end.checkpointer());
  }

  @Override
  public final void shutdownRequested(ShutdownRequestedInput request) {
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
