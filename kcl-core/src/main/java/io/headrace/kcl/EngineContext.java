package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** What every part of one worker shares. */
record EngineContext(
    EventLoop loop, RandomGenerator random, Consumer<WorkerEvent> listener, ByteBudget budget) {
  Now now(Tenure tenure) {
    long ticks = loop.ticks();
    return new Now(ticks, tenure.validAt(ticks));
  }

  void tell(WorkerEvent event) {
    listener.accept(event);
  }
}
