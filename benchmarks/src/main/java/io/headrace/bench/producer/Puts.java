package io.headrace.bench.producer;

/** A way to put records. Confined to the thread of the program, which waits where it must. */
interface Puts extends AutoCloseable {
  /** The most records of a PutRecords, and what is asked of all ways alike. */
  int BATCH = 500;

  /** How many calls are under way at once, at most. */
  int CALLS = 4;

  /** What hears of a record that is stored; any thread calls it. */
  interface Stored {
    /** Says that so many more are. */
    void stored(int records);
  }

  /** Puts a record, or keeps it for a fuller batch; waits while too much is under way. */
  void put(String key, byte[] data) throws InterruptedException;

  /** Sends what it kept. */
  void flush() throws InterruptedException;

  /** How many records went with a call, so far. */
  double recordsPerCall();

  /** Throws when a put failed. */
  void requireAnswers();

  @Override
  void close();
}
