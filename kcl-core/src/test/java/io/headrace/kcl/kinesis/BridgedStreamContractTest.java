package io.headrace.kcl.kinesis;

/** Kinesis by enhanced fan-out while its consumer is still looked for: polling goes over to it. */
class BridgedStreamContractTest extends KinesisStreamContract {
  BridgedStreamContractTest() {
    super(LocalStreams.pushed());
  }
}
