package io.headrace.function;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.ShardHandler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Stands before a handler and decides which records get through to it; all else is passed on, so
 * that a gate can't hide from the engine what is behind it. Owned by the worker loop.
 */
abstract class Gate implements ShardHandler {
  final ShardHandler behind;

  Gate(ShardHandler behind) {
    this.behind = behind;
  }

  @Override
  public final CompletionStage<Void> restore(List<CommitParts> parts) {
    return behind.restore(parts);
  }

  @Override
  public final CompletionStage<CommitParts> snapshot() {
    return behind.snapshot();
  }

  @Override
  public final void committed(CommitParts parts) {
    behind.committed(parts);
  }

  @Override
  public final void drain() {
    behind.drain();
  }

  @Override
  public final long callsSince() {
    return behind.callsSince();
  }

  @Override
  public final KeyStanding keys() {
    return behind.keys();
  }

  @Override
  public final Standing standing(Duration patience) {
    return behind.standing(patience);
  }

  @Override
  public final void abandon() {
    behind.abandon();
  }

  @Override
  public final void close() {
    behind.close();
  }
}
