package io.headrace.local.log;

import java.time.Duration;

/** How records are divided into files, and how many of these stay open. */
record DiskSettings(long segmentBytesMax, Duration segmentAge, int openFilesMax) {
  static final DiskSettings STANDARD = new DiskSettings(64L << 20, Duration.ofHours(1), 256);
}
