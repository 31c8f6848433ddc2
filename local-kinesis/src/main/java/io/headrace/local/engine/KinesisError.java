package io.headrace.local.engine;

import io.headrace.local.log.LogFailure;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the service that is an error: its code, as clients match on it, and its words. It
 * carries no stack trace, since it is an answer and no fault of the server.
 */
public final class KinesisError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final int status;

  private KinesisError(String code, @Nullable String message, int status) {
    super(message, null, false, false);
    this.code = code;
    this.status = status;
  }

  /** An error with a status of HTTP that its code does not tell. */
  public static KinesisError of(String code, String message, int status) {
    return new KinesisError(code, message, status);
  }

  public static KinesisError of(String code, String message) {
    return new KinesisError(code, message, status(code));
  }

  /** The answer when records could not be kept or found again. */
  public static KinesisError of(LogFailure failure) {
    return of("InternalFailure", String.valueOf(failure.getMessage()));
  }

  public static KinesisError withoutMessage(String code) {
    return new KinesisError(code, null, status(code));
  }

  public static KinesisError invalidArgument(String message) {
    return of("InvalidArgumentException", message);
  }

  static KinesisError notFound(String message) {
    return of("ResourceNotFoundException", message);
  }

  static KinesisError limitExceeded(String message) {
    return of("LimitExceededException", message);
  }

  static KinesisError inUse(String message) {
    return of("ResourceInUseException", message);
  }

  public static KinesisError validation(String message) {
    return of("ValidationException", message);
  }

  public String code() {
    return code;
  }

  public int status() {
    return status;
  }

  private static int status(String code) {
    return code.equals("InternalFailure") ? 500 : 400;
  }

  /** What names the message in the answer: this one error writes it with a capital. */
  public String messageField() {
    return code.equals("SerializationException") ? "Message" : "message";
  }
}
