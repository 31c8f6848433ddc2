package io.headrace.function;

/** A Lambda handler answered that records failed, or what is no answer. Not thrown by user code. */
final class LambdaItemsFailed extends Exception {
  private static final long serialVersionUID = 1;

  LambdaItemsFailed(String message) {
    super(message);
  }
}
