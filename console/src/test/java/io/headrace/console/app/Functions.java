package io.headrace.console.app;

import io.headrace.function.FunctionSpec;

/** The functions of these tests for tests that run them in their own process. */
public final class Functions {
  private Functions() {}

  /** Keeps what each key was told. */
  public static FunctionSpec<?, ?> counting() {
    return Counting.spec();
  }
}
