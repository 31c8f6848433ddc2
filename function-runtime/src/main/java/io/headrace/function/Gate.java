package io.headrace.function;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StartingPosition;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Stands before a handler and decides which records get through to it; all else is passed on, so
 * that a gate can't hide from the engine what is behind it. One that has something to add does so
 * and passes on, too. Owned by the worker loop.
 */
abstract class Gate implements ShardHandler {
  final ShardHandler behind;

  Gate(ShardHandler behind) {
    this.behind = behind;
  }

  @Override
  public void resumesAt(StartingPosition from) {
    behind.resumesAt(from);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return behind.restore(parts);
  }

  @Override
  public void foundDone(List<Position> positions) {
    behind.foundDone(positions);
  }

  @Override
  public void hurry() {
    behind.hurry();
  }

  @Override
  public void atTip() {
    behind.atTip();
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    return behind.snapshot();
  }

  @Override
  public void committed(CommitParts parts) {
    behind.committed(parts);
  }

  @Override
  public void drain() {
    behind.drain();
  }

  @Override
  public CompletionStage<Void> quiet() {
    return behind.quiet();
  }

  @Override
  public CompletionStage<Void> departed() {
    return behind.departed();
  }

  @Override
  public final long callsSince() {
    return behind.callsSince();
  }

  @Override
  public KeyStanding keys() {
    return behind.keys();
  }

  @Override
  public Standing standing(Duration patience) {
    return behind.standing(patience);
  }

  @Override
  public Duration parkedCallsOverdue() {
    return behind.parkedCallsOverdue();
  }

  @Override
  public void abandon() {
    behind.abandon();
  }

  @Override
  public void close() {
    behind.close();
  }
}
