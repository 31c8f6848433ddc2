package io.headrace.kcl.kinesis;

import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSinkContract;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;

/** Against the local Kinesis over its socket. */
class KinesisSinkContractTest extends StreamSinkContract {
  private final LocalStreams local = LocalStreams.direct();

  @AfterEach
  void close() {
    local.close();
  }

  @Override
  protected ShardedStream create() {
    return local.create("orders", 2);
  }

  @Override
  protected StreamSink sink() {
    return local.sink("orders");
  }

  @Override
  protected <T> T await(CompletionStage<T> stage) {
    return local.await(stage);
  }
}
