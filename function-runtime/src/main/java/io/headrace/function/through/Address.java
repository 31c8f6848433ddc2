package io.headrace.function.through;

/**
 * Whose envelopes they are: two functions must not share a stream, and a reader refuses what is not
 * its own.
 *
 * @param application of the runtime
 * @param function by its name
 */
public record Address(String application, String function) {
  @Override
  public String toString() {
    return "function " + function + " of application " + application;
  }
}
