package io.headrace.kcl.kinesis;

/** Kinesis by polling. */
class KinesisStreamContractTest extends KinesisStreamContract {
  KinesisStreamContractTest() {
    super(LocalStreams.direct());
  }
}
