package io.headrace.kcl.kinesis;

import io.headrace.kcl.ShardedStream;

/** Kinesis by enhanced fan-out, with a consumer that is there before anything is read. */
class FanOutStreamContractTest extends KinesisStreamContract {
  FanOutStreamContractTest() {
    super(LocalStreams.pushed());
  }

  @Override
  protected ShardedStream createStream(int shards) {
    var stream = (KinesisStream) super.createStream(shards);
    local.awaitConsumer(stream);
    return stream;
  }
}
