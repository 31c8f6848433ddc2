package io.headrace.function.settings;

/**
 * A settings file that can't be used. The message is for the operator: file, line, key, what is
 * wrong and what is allowed. Values that came out of {@code ${…}} are never part of it.
 */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1;

  SettingsException(String message) {
    super(message);
  }

  SettingsException(String message, Throwable cause) {
    super(message, cause);
  }
}
