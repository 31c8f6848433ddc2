package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Context;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardHandler.Outcomes;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the engine is told, heard by a gate first. Owned by the worker loop. */
final class Overhearing implements Outcomes {
  /** Who hears. */
  @FunctionalInterface
  interface Ear {
    /** Whether the engine is told now; if not, the ear tells it by {@link #tell}. */
    boolean passes(Position position, Outcome outcome);

    /** Which of the records that are given back the engine had handed over; all, mostly. */
    default List<Position> givenBack(List<Position> positions) {
      return positions;
    }
  }

  private final Outcomes engine;
  private @Nullable Ear ear;

  private Overhearing(Outcomes engine) {
    this.engine = engine;
  }

  static Overhearing of(Context context) {
    return new Overhearing(context.outcomes());
  }

  Context in(Context context) {
    return new Context(
        context.key(),
        context.shard(),
        context.tenure(),
        context.fencingToken(),
        context.loop(),
        this);
  }

  void hears(Ear who) {
    ear = who;
  }

  /** Tells the engine, unheard. */
  void tell(Position position, Outcome outcome) {
    engine.settled(position, outcome);
  }

  @Override
  public void settled(Position position, Outcome outcome) {
    if (ear == null || ear.passes(position, outcome)) {
      engine.settled(position, outcome);
    }
  }

  @Override
  public void returned(List<Position> positions) {
    var records = ear == null ? positions : ear.givenBack(positions);
    if (!records.isEmpty()) {
      engine.returned(records);
    }
  }

  @Override
  public void resting(Position position) {
    engine.resting(position);
  }

  @Override
  public void stateChanged() {
    engine.stateChanged();
  }

  @Override
  public void commitWanted(Duration within) {
    engine.commitWanted(within);
  }

  @Override
  public void failed(Throwable cause) {
    engine.failed(cause);
  }
}
