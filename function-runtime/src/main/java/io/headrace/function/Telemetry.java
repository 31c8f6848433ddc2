package io.headrace.function;

/** Who looks at calls of user code, and how they are named in logs. */
record Telemetry(LogContext logs, CallObserver observer) {
  /** Nobody, and not at all. */
  static final Telemetry NONE = new Telemetry(LogContext.in("", null), CallObserver.NONE);
}
