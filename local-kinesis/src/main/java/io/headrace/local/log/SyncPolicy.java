package io.headrace.local.log;

/** When the disk itself is asked to keep what was written, beyond the operating system. */
public enum SyncPolicy {
  NEVER,
  EVERY_SECOND,
  ALWAYS
}
