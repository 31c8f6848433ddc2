package io.headrace.function;

/**
 * A look-up has no answer for a key: the service answered for others and not for this one, or not
 * in time. The message names the key. Retried like any other failure; name it in {@link
 * RetryPolicy#unavailableOn} where it means that the service is down.
 */
public class LookupException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public LookupException(String message) {
    super(message);
  }
}
