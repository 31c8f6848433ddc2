package io.headrace.acceptance.kcl;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.bench.kcl.KclWorker;
import io.headrace.bench.rig.ConsumerSettings.Reading;
import io.headrace.harness.LocalAws;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.leases.exceptions.LeasingException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** The library's side of the move: handles a record, then writes the checkpoint of that record. */
final class MovingKcl {
  /** What it has handled and checkpointed. */
  final Collection<String> handled = new ConcurrentLinkedQueue<>();

  final Collection<String> faults = new ConcurrentLinkedQueue<>();

  private final LocalAws aws;
  private final String application;

  /** After this text, and for this shard, it does nothing any more. */
  private final String lastText;

  private final String idleShard;

  MovingKcl(LocalAws aws, String application, String lastText, String idleShard) {
    this.aws = aws;
    this.application = application;
    this.lastText = lastText;
    this.idleShard = idleShard;
  }

  /** With leases made for it, so that it need not wait for its own. */
  KclWorker begin() throws LeasingException {
    return KclWorker.restart(place(), Reading.POLLING_OFTEN, Processor::new);
  }

  /** With the leases that it finds. */
  KclWorker goOn() {
    return KclWorker.start(place(), Reading.POLLING_OFTEN, Processor::new);
  }

  private KclWorker.Place place() {
    return new KclWorker.Place(
        aws.kinesisEndpoint(), aws.dynamoDbEndpoint(), Moving.STREAM, application);
  }

  /** The checkpoints in its table, as sequence and sub-sequence, by shard. */
  Map<String, String> checkpoints() {
    return rows().entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                row ->
                    row.getValue().get("checkpoint").s()
                        + ":"
                        + row.getValue().get("checkpointSubSequenceNumber").n()));
  }

  Map<String, Map<String, AttributeValue>> rows() {
    return aws
        .dynamoDb()
        .scan(s -> s.tableName(application).consistentRead(true))
        .join()
        .items()
        .stream()
        .filter(item -> item.containsKey("checkpoint"))
        .collect(Collectors.toMap(item -> item.get("leaseKey").s(), item -> item));
  }

  private final class Processor implements ShardRecordProcessor {
    private String shard = "";
    private boolean idle;

    @Override
    public void initialize(InitializationInput start) {
      shard = start.shardId();
      idle = shard.equals(idleShard);
    }

    @Override
    public void processRecords(ProcessRecordsInput batch) {
      for (var record : batch.records()) {
        if (!idle) {
          handle(batch.checkpointer(), record);
        }
      }
    }

    private void handle(RecordProcessorCheckpointer checkpointer, KinesisClientRecord record) {
      var text = new String(Judge.bytes(record), UTF_8);
      handled.add(text);
      checkpoint(
          () -> checkpointer.checkpoint(record.sequenceNumber(), record.subSequenceNumber()));
      idle = text.equals(lastText);
    }

    @Override
    public void leaseLost(LeaseLostInput lost) {}

    @Override
    public void shardEnded(ShardEndedInput end) {
      checkpoint(() -> end.checkpointer().checkpoint());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput request) {}

    private void checkpoint(Checkpoint checkpoint) {
      try {
        checkpoint.make();
      } catch (ShutdownException | InvalidStateException refused) {
        faults.add(shard + ": a checkpoint is refused: " + refused);
      }
    }
  }

  private interface Checkpoint {
    void make() throws ShutdownException, InvalidStateException;
  }
}
