package io.headrace.local.log;

import java.util.List;

/**
 * The records of one shard in the order of their arrival. The stream's monitor guards every call.
 *
 * <p>A position in the log is an order as in {@link SequenceNumber#order()}: reading from a
 * position gives the records of that order and above.
 */
public interface ShardLog {
  /**
   * Adds a record, whose order is above and whose arrival is not before every earlier record's.
   *
   * @return false when the log's budget has no room; the log is then as it was
   */
  boolean offer(StoredRecord record);

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

  /** Forgets the records that arrived before the given time. */
  void trimBefore(long arrivalMillis);

  /** Forgets every record and gives its room back. */
  void clear();
}
