package io.headrace.function.lambda;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** A handler's log, under the logger {@code lambda.<function>}. Thread-safe. */
record Slf4jLogger(String function) implements LambdaLogger {
  @Override
  public void log(String message) {
    log(message, LogLevel.INFO);
  }

  @Override
  public void log(byte[] message) {
    log(new String(message, UTF_8), LogLevel.INFO);
  }

  @Override
  public void log(String message, LogLevel level) {
    LoggerFactory.getLogger("lambda." + function)
        .atLevel(of(level))
        .log("{}", String.valueOf(message).stripTrailing());
  }

  @Override
  public void log(byte[] message, LogLevel level) {
    log(new String(message, UTF_8), level);
  }

  private static Level of(LogLevel level) {
    return switch (level) {
      case TRACE -> Level.TRACE;
      case DEBUG -> Level.DEBUG;
      case WARN -> Level.WARN;
      case ERROR, FATAL -> Level.ERROR;
      case INFO, UNDEFINED -> Level.INFO;
    };
  }
}
