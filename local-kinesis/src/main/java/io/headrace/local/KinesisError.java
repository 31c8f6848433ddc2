package io.headrace.local;

import org.jspecify.annotations.Nullable;

/**
 * An answer of the service that is an error: its code, as clients match on it, and its words. It
 * carries no stack trace, since it is an answer and no fault of the server.
 */
final class KinesisError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  private KinesisError(String code, @Nullable String message) {
    super(message, null, false, false);
    this.code = code;
  }

  static KinesisError of(String code, String message) {
    return new KinesisError(code, message);
  }

  static KinesisError withoutMessage(String code) {
    return new KinesisError(code, null);
  }

  static KinesisError invalidArgument(String message) {
    return of("InvalidArgumentException", message);
  }

  static KinesisError notFound(String message) {
    return of("ResourceNotFoundException", message);
  }

  static KinesisError inUse(String message) {
    return of("ResourceInUseException", message);
  }

  static KinesisError validation(String message) {
    return of("ValidationException", message);
  }

  String code() {
    return code;
  }

  int status() {
    return code.equals("InternalFailure") ? 500 : 400;
  }

  /** What names the message in the answer: this one error writes it with a capital. */
  String messageField() {
    return code.equals("SerializationException") ? "Message" : "message";
  }
}
