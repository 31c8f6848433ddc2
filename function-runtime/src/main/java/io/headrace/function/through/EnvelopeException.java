package io.headrace.function.through;

/** A record of a through-stream that is not an envelope of the function that reads it. */
public final class EnvelopeException extends Exception {
  private static final long serialVersionUID = 1;

  /** Why. */
  public enum Reason {
    /** Something else wrote into the stream. */
    NOT_AN_ENVELOPE,
    /** Its bytes are not those that were written. */
    DAMAGED,
    /** A newer version of Headrace wrote it: this one must not judge it. */
    TOO_NEW,
    /** It belongs to another function, or to another application. */
    FOREIGN
  }

  private final Reason reason;

  EnvelopeException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
