package io.headrace.function;

import org.jspecify.annotations.Nullable;

/** A Lambda handler that can't be called; the message is one sentence for the operator. */
public final class LambdaHandlerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public LambdaHandlerException(String message) {
    this(message, null);
  }

  public LambdaHandlerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
