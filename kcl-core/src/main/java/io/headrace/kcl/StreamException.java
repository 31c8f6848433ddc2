package io.headrace.kcl;

/**
 * A call to a stream failed. The message names the stream and says what to do, without payloads.
 */
public class StreamException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What the caller can do. */
  public enum Kind {
    /** It may work later: throttled, timed out, unreachable, an error of the service. */
    RETRYABLE,
    /** There is no such stream or shard. */
    NOT_FOUND,
    /** Credentials or rights are missing. */
    REFUSED,
    /** The request is wrong: a fault in configuration or in Headrace. */
    INVALID
  }

  private final Kind kind;

  public StreamException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public StreamException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
