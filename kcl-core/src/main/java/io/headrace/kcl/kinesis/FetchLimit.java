package io.headrace.kcl.kinesis;

/**
 * Turns a budget of bytes into GetRecords' limit of records. Kinesis takes no limit in bytes, so
 * the size of records is learnt: from the first page that has enough of them, and then up at once,
 * since too many records cost a second reading, and down by halves. One owner thread.
 */
final class FetchLimit {
  /** The most that GetRecords takes. */
  static final int RECORDS_MAX = 10_000;

  /** Supposed of a record before any was seen: rather too large. */
  static final long FIRST_GUESS_BYTES = 10_240;

  /** So many records in one answer say more than the guess. */
  static final int SAMPLE_MIN = 16;

  private long recordBytes = FIRST_GUESS_BYTES;
  private boolean guessing = true;

  /** How many records to ask for, with an eighth left free for records that differ in size. */
  int recordsFor(long bytesMax) {
    long records = (bytesMax - bytesMax / 8) / recordBytes;
    return (int) Math.max(1, Math.min(RECORDS_MAX, records));
  }

  /** What an answer brought, by the budget's measure; aggregated records count as one. */
  void observed(int records, long bytes) {
    if (records == 0) {
      return;
    }
    long mean = Math.max(1, (bytes + records - 1) / records);
    if (guessing && records >= SAMPLE_MIN) {
      // By halves small records are learnt in six pages, and who is throttled waits for each.
      guessing = false;
      recordBytes = mean;
      return;
    }
    recordBytes = mean >= recordBytes ? mean : recordBytes - (recordBytes - mean + 1) / 2;
  }
}
