package io.headrace.local.log;

import java.util.List;

/**
 * The records of one shard in the order of their arrival. The stream's monitor guards every call.
 * Every call may throw {@link LogFailure}.
 *
 * <p>A position in the log is an order as in {@link SequenceNumber#order()}: reading from a
 * position gives the records of that order and above.
 */
public interface ShardLog {
  /**
   * Takes a record, whose order is above and whose arrival is not before every earlier record's. It
   * is in the log when {@link #commit} has returned, and nothing else may be called before that.
   *
   * @throws LogFailure when there is no room; the log is then as it was
   */
  void offer(StoredRecord record);

  /**
   * Puts the records offered since the last call into the log, so that they survive the death of
   * this process if the log is one that can.
   *
   * @throws LogFailure when that cannot be done; the log is then as if none had been offered
   */
  void commit();

  /**
   * The records from a position on, oldest first: at most {@code recordsMax}, and no more than
   * {@code bytesMax} of payload unless the first one alone is larger.
   */
  List<StoredRecord> read(long position, int recordsMax, long bytesMax);

  /** Whether a record lies at the position or above it. */
  boolean hasFrom(long position);

  /** The position of the first record that arrived then or later, or the end when none did. */
  long positionAt(long arrivalMillis);

  /** The position after the last record that was ever added. */
  long end();

  /** When the last record arrived that was ever added; 0 when none was. */
  long lastArrivalMillis();

  /** Forgets the records that arrived before the given time. */
  void trimBefore(long arrivalMillis);

  /** Forgets every record and gives its room back. */
  void clear();
}
