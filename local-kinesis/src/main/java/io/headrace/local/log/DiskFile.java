package io.headrace.local.log;

import java.io.Closeable;
import java.io.IOException;

/** An open file. One thread at a time. */
interface DiskFile extends Closeable {
  long size() throws IOException;

  /** Fills the range, or as much of it as the file has from there; answers how much. */
  int read(long position, byte[] into, int offset, int length) throws IOException;

  /** Writes all of it; after an exception any part of it may be there. */
  void write(long position, byte[] from, int offset, int length) throws IOException;

  void truncate(long size) throws IOException;
}
