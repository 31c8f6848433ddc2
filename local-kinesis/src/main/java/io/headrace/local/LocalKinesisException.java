package io.headrace.local;

import org.jspecify.annotations.Nullable;

/** A local Kinesis server could not start; the message is a sentence to show to its user. */
public final class LocalKinesisException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LocalKinesisException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
