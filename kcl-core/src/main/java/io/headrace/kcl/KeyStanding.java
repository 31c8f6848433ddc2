package io.headrace.kcl;

/**
 * How the partition keys of one function stand in one shard, as of a turn of the worker loop.
 *
 * @param busy keys with records that are handed over and not settled
 * @param failing of those, the ones whose next record has failed and is not settled
 * @param waiting records that wait behind an earlier one of their key
 * @param parked keys that were put aside durably
 * @param parkedRecords of those keys
 * @param parkedBytes of those records
 */
public record KeyStanding(
    int busy, int failing, int waiting, int parked, long parkedRecords, long parkedBytes) {
  public static final KeyStanding NONE = new KeyStanding(0, 0, 0, 0, 0, 0);

  /** Of a handler that puts nothing aside. */
  public static KeyStanding of(int busy, int failing, int waiting) {
    return new KeyStanding(busy, failing, waiting, 0, 0, 0);
  }

  /** With what was put aside. */
  public KeyStanding parking(int keys, long records, long bytes) {
    return new KeyStanding(busy, failing, waiting, keys, records, bytes);
  }
}
