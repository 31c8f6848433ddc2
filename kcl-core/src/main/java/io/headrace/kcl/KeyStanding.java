package io.headrace.kcl;

import java.time.Duration;

/**
 * How the partition keys of one function stand in one shard, as of a turn of the worker loop.
 *
 * @param busy keys with records that are handed over and not settled
 * @param failing of those, the ones whose next record has failed and is not settled
 * @param waiting records that wait behind an earlier one of their key
 * @param parked keys that were put aside durably
 * @param parkedRecords of those keys
 * @param parkedBytes of those records
 * @param outputs that wait for their commit or for their sink
 * @param outputBytes of those
 * @param outputAge how long the oldest of those has waited in this run
 */
public record KeyStanding(
    int busy,
    int failing,
    int waiting,
    int parked,
    long parkedRecords,
    long parkedBytes,
    long outputs,
    long outputBytes,
    Duration outputAge) {
  public static final KeyStanding NONE = of(0, 0, 0);

  /** Of a handler that puts nothing aside. */
  public static KeyStanding of(int busy, int failing, int waiting) {
    return new KeyStanding(busy, failing, waiting, 0, 0, 0, 0, 0, Duration.ZERO);
  }

  /** With what was put aside. */
  public KeyStanding parking(int keys, long records, long bytes) {
    return new KeyStanding(
        busy, failing, waiting, keys, records, bytes, outputs, outputBytes, outputAge);
  }

  /** With the outputs that wait. */
  public KeyStanding sending(long waitingOutputs, long bytes, Duration age) {
    return new KeyStanding(
        busy, failing, waiting, parked, parkedRecords, parkedBytes, waitingOutputs, bytes, age);
  }
}
