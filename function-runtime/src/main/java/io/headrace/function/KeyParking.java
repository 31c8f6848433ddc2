package io.headrace.function;

import java.time.Duration;
import java.util.Objects;

/**
 * When a key that keeps failing is parked. Until then its later records wait in memory, in order,
 * and the position waits behind them. A parked key's records lie, in order, in the store of the
 * application's state; the position passes them, other keys and a shard's end do not wait for them,
 * and the key goes on from there by itself once its first record is handled or in the dead letters.
 *
 * <p>For functions that handle record by record, with or without state by key, but without timers.
 * Batches, windows and Lambda's rules hold up what Lambda holds up. Immutable.
 *
 * @param after a key whose first record has kept failing for so long is parked
 * @param records so many waiting records of a key park it sooner, and a quarter of what may be in
 *     flight ({@link FunctionSpec.Options#inFlight}) does, too, if that is 8 records or more
 * @param bytes so many bytes of waiting records park it sooner
 * @param keysMax so many keys of a shard may be parked; the next one waits as if it could not be
 * @param bytesMax what all parked records of a shard may take; what does not fit waits in memory,
 *     and the position waits for it
 */
public record KeyParking(Duration after, int records, long bytes, int keysMax, long bytesMax) {
  private static final Duration AFTER_MIN = Duration.ofMillis(100);
  private static final Duration AFTER_MAX = Duration.ofHours(1);
  private static final int RECORDS_MAX = 10_000;
  private static final long BYTES_MIN = 1 << 10;
  private static final long BYTES_MAX = 1L << 30;
  private static final int KEYS_MAX = 10_000;
  private static final long ALL_BYTES_MAX = 1L << 40;

  /** 10 s, 64 records or 1 MB; 256 keys and 256 MB of a shard. Behind what it is checked with. */
  public static final KeyParking DEFAULT =
      new KeyParking(Duration.ofSeconds(10), 64, 1 << 20, 256, 256L << 20);

  /**
   * Refuses what is out of range: 100 ms to an hour, 1 to 10,000 records, 1 KB to 1 GB, 1 to 10,000
   * keys, and not less for all than for one, up to 1 TB.
   */
  public KeyParking {
    Objects.requireNonNull(after, "after");
    if (after.compareTo(AFTER_MIN) < 0 || after.compareTo(AFTER_MAX) > 0) {
      throw refused("after " + after, "must be between 100 ms and an hour");
    }
    if (records < 1 || records > RECORDS_MAX) {
      throw refused("records " + records, "must be between 1 and " + RECORDS_MAX);
    }
    if (bytes < BYTES_MIN || bytes > BYTES_MAX) {
      throw refused("bytes " + bytes, "must be between 1 KB and 1 GB");
    }
    if (keysMax < 1 || keysMax > KEYS_MAX) {
      throw refused("keysMax " + keysMax, "must be between 1 and " + KEYS_MAX);
    }
    if (bytesMax < bytes || bytesMax > ALL_BYTES_MAX) {
      throw refused("bytesMax " + bytesMax, "must be between bytes (" + bytes + ") and 1 TB");
    }
  }

  /**
   * What is parked of a function in a shard.
   *
   * @param keys that are parked
   * @param records of them that are stored and not finished
   * @param bytes that these take
   * @param bounds what there may be
   */
  public record Load(int keys, long records, long bytes, KeyParking bounds) {
    public Load {
      Objects.requireNonNull(bounds, "bounds");
    }

    /** Half of what may be parked is: someone should look. */
    public boolean isHalfFull() {
      return 2L * keys >= bounds.keysMax() || 2 * bytes >= bounds.bytesMax();
    }

    @Override
    public String toString() {
      return keys
          + " of at most "
          + bounds.keysMax()
          + " keys with "
          + records
          + " records, "
          + bytes
          + " of at most "
          + bounds.bytesMax()
          + " bytes";
    }
  }

  private static IllegalArgumentException refused(String what, String why) {
    return new IllegalArgumentException("parking of keys, " + what + ": " + why);
  }
}
