package io.headrace.function;

/**
 * Takes out of payloads what must not lie in a dead-letter sink. Called on any thread; the ledger
 * from which records are played again keeps them whole. See {@link
 * io.headrace.function.json.JsonRedaction}.
 */
@FunctionalInterface
public interface Redaction {
  /** Takes nothing out. */
  Redaction NONE = Redacted::new;

  /**
   * What may be shown of a record and of what its exception says. What can't be looked into must
   * not be shown.
   *
   * @param payload must not be changed
   * @param message of the exception, which may quote the payload
   */
  Redacted apply(byte[] payload, String message);

  /** What may be shown. */
  record Redacted(byte[] payload, String message) {}
}
