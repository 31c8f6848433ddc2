package io.headrace.harness.fleet;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;

/** A loop that passes everything on: planted faults change its clock. */
class LoopShim implements EventLoop {
  final EventLoop loop;

  LoopShim(EventLoop loop) {
    this.loop = loop;
  }

  @Override
  public Instant now() {
    return loop.now();
  }

  @Override
  public long ticks() {
    return loop.ticks();
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public Scheduled schedule(Duration delay, Runnable task) {
    return loop.schedule(delay, task);
  }

  @Override
  public boolean isCurrent() {
    return loop.isCurrent();
  }
}
