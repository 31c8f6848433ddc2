package io.headrace.kcl;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A worker at one moment, for operators.
 *
 * @param bytesInFlight fetched or about to be, and not settled
 */
public record WorkerStatus(long bytesInFlight, long bytesInFlightMax, List<ShardStatus> shards) {
  public WorkerStatus {
    shards = List.copyOf(shards);
  }

  /**
   * One leased shard.
   *
   * @param held functions that don't run here because the operator holds them
   */
  public record ShardStatus(
      ShardKey shard,
      LeaseToken token,
      long bytesInFlight,
      List<FunctionStatus> functions,
      List<String> held) {
    public ShardStatus {
      functions = List.copyOf(functions);
      held = List.copyOf(held);
    }
  }

  /**
   * One function in a shard.
   *
   * @param reader empty while the function has none
   * @param readsBehind it was too slow for the other functions of the shard, and reads behind them
   *     until it has caught up
   * @param readThrough the last record that its reader handed out
   * @param committedThrough everything up to it is finished and stored
   * @param behind how far its reader is behind the tip
   * @param buffered read and not handed over
   * @param inFlight handed over and not settled
   * @param resting of those, the ones that wait for the operator: neither slow nor stuck
   * @param silent for how long it has had something to do and shown no sign of life
   * @param oldest when the stream took the first record that was read and is not settled
   * @param uncommitted for how long the oldest thing that is done has waited for its commit
   * @param keys how its partition keys stand
   */
  public record FunctionStatus(
      String function,
      RunPhase phase,
      Optional<ReaderPhase> reader,
      boolean readsBehind,
      Optional<Position> readThrough,
      Optional<Position> committedThrough,
      Optional<Duration> behind,
      int buffered,
      int inFlight,
      int resting,
      Duration silent,
      Optional<Instant> oldest,
      Duration uncommitted,
      KeyStanding keys) {}
}
