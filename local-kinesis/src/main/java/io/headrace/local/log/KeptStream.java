package io.headrace.local.log;

/** A stream that an earlier server left behind. */
public sealed interface KeptStream {
  StreamName name();

  /** It is whole so far. */
  record Whole(StreamName name, byte[] state, StreamLogs logs) implements KeptStream {}

  /** It cannot be used, and why. */
  record Unusable(StreamName name, LogFailure failure) implements KeptStream {}
}
