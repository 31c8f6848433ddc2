package io.headrace.local.log;

import java.util.function.Supplier;

/** Where one stream's records and state are kept. The stream's monitor guards every call. */
public interface StreamLogs {
  /** Where that is, for sentences. */
  String place();

  /**
   * The log of a shard: with the records that it had when the server last ran, or empty.
   *
   * @throws LogFailure when its records cannot be read
   */
  ShardLog shard(ShardIdentity shard);

  /** Whether a state that is saved outlives the process. */
  boolean keepsState();

  /**
   * Keeps the stream's state in place of what was kept before. Asks for the bytes only when they
   * are needed.
   *
   * @throws LogFailure when that cannot be done; what was kept before is then still there
   */
  void save(Supplier<byte[]> state);

  /**
   * Forgets the stream.
   *
   * @throws LogFailure when that cannot be done; the stream is then still there
   */
  void delete();

  /** Leaves everything so that the next start is short. */
  void close();
}
