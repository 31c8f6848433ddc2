package io.headrace.acceptance.kcl;

import io.headrace.bench.kcl.KclWorker;
import io.headrace.bench.rig.ConsumerSettings.Reading;
import java.net.URI;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.leases.exceptions.LeasingException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.ShardRecordProcessor;

/** Reports everything; nothing that it does can fail but a checkpoint. */
final class Judged implements ShardRecordProcessor {
  private final Judge judge;
  private String shard = "";

  Judged(Judge judge) {
    this.judge = judge;
  }

  /** A worker of a new application, see {@link KclWorker#start}. */
  static KclWorker start(URI kinesis, URI dynamoDb, String stream, Reading reading, Judge judge) {
    return KclWorker.start(place(kinesis, dynamoDb, stream), reading, () -> new Judged(judge));
  }

  /** A worker of an application that has its leases, see {@link KclWorker#restart}. */
  static KclWorker restart(URI kinesis, URI dynamoDb, String stream, Reading reading, Judge judge)
      throws LeasingException {
    return KclWorker.restart(place(kinesis, dynamoDb, stream), reading, () -> new Judged(judge));
  }

  private static KclWorker.Place place(URI kinesis, URI dynamoDb, String stream) {
    return new KclWorker.Place(kinesis, dynamoDb, stream, "judge-" + stream);
  }

  @Override
  public void initialize(InitializationInput start) {
    shard = start.shardId();
    judge.starts(shard);
  }

  @Override
  public void processRecords(ProcessRecordsInput batch) {
    for (var record : batch.records()) {
      judge.delivered(shard, record);
    }
    checkpoint(() -> batch.checkpointer().checkpoint());
  }

  @Override
  public void leaseLost(LeaseLostInput lost) {}

  @Override
  public void shardEnded(ShardEndedInput end) {
    judge.ends(shard);
    checkpoint(() -> end.checkpointer().checkpoint());
  }

  @Override
  public void shutdownRequested(ShutdownRequestedInput request) {}

  private void checkpoint(Checkpoint checkpoint) {
    try {
      checkpoint.make();
    } catch (ShutdownException | InvalidStateException refused) {
      judge.fault(shard + ": a checkpoint is refused: " + refused);
    }
  }

  private interface Checkpoint {
    void make() throws ShutdownException, InvalidStateException;
  }
}
