package io.headrace.console;

/** Something the user can mend: shown as one plain sentence, with exit code 2. */
final class Complaint extends RuntimeException {
  private static final long serialVersionUID = 1;

  Complaint(String message) {
    super(message);
  }

  Complaint(String message, Throwable cause) {
    super(message, cause);
  }
}
