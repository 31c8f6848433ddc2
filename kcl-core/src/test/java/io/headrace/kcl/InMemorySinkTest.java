package io.headrace.kcl;

import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

class InMemorySinkTest extends StreamSinkContract {
  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final InMemoryStream stream = new InMemoryStream("orders", 2, loop);

  @Override
  protected ShardedStream create() {
    return stream;
  }

  @Override
  protected StreamSink sink() {
    return stream.sink();
  }

  @Override
  protected <T> T await(CompletionStage<T> stage) {
    loop.advance(Duration.ofSeconds(5));
    return stage.toCompletableFuture().join();
  }
}
