package io.headrace.local.engine;

/** An account's commitment as it stands at a time in milliseconds since 1970. */
public record AccountSettings(Commitment commitment, long atMillis) {
  public Commitment.Status status() {
    return commitment.status(atMillis);
  }
}
