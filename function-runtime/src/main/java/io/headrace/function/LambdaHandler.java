package io.headrace.function;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A handler that was written for AWS Lambda, and how it is called. Immutable.
 *
 * <p>It is called as by an event source mapping of a Kinesis stream: with whole batches of one
 * shard, in the shard's order, one at a time for an instance of its class. {@link
 * FunctionSpec.Options#timingOutAfter The} time-out is the deadline in its {@code Context}.
 */
public final class LambdaHandler {
  private static final Pattern NAME =
      Pattern.compile("([\\w$]+(?:\\.[\\w$]+)*)(?:::([\\w$]+))?", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Duration WINDOW_MAX = Duration.ofMinutes(15);

  private final String name;
  private final ClassLoader code;
  private final boolean itemFailures;
  private final @Nullable Duration window;
  private final @Nullable String region;

  private LambdaHandler(
      String name,
      ClassLoader code,
      boolean itemFailures,
      @Nullable Duration window,
      @Nullable String region) {
    this.name = name;
    this.code = code;
    this.itemFailures = itemFailures;
    this.window = window;
    this.region = region;
  }

  /**
   * A handler on the class path of the calling thread.
   *
   * @param name {@code com.acme.Handler::handleRequest}, or {@code com.acme.Handler} where the
   *     class is a {@code RequestHandler} or {@code RequestStreamHandler}
   * @throws LambdaHandlerException for a name that is none
   */
  public static LambdaHandler named(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new LambdaHandlerException(
          "handler \"" + name + "\": must be written as com.acme.Handler::handleRequest");
    }
    var context = Thread.currentThread().getContextClassLoader();
    var loader = context != null ? context : LambdaHandler.class.getClassLoader();
    return new LambdaHandler(name, loader, true, null, null);
  }

  /** Where its classes come from. */
  public LambdaHandler from(ClassLoader code) {
    return new LambdaHandler(name, code, itemFailures, window, region);
  }

  /**
   * As a mapping without {@code ReportBatchItemFailures}: a batch counts as done whenever the
   * handler returns, whatever it answers.
   */
  public LambdaHandler ignoringItemFailures() {
    return new LambdaHandler(name, code, false, window, region);
  }

  /**
   * Hands over a {@code KinesisTimeWindowEvent}: records of one window of arrival time a batch,
   * with the state that the call before answered, and a last call that closes the window.
   *
   * @param size 1 s to 15 min, whole seconds
   */
  public LambdaHandler tumblingWindow(Duration size) {
    if (size.compareTo(Duration.ofSeconds(1)) < 0
        || size.compareTo(WINDOW_MAX) > 0
        || size.toNanosPart() != 0) {
      throw new IllegalArgumentException(
          "handler "
              + name
              + ", tumblingWindow "
              + size
              + ": must be 1 s to 15 min, whole seconds");
    }
    return new LambdaHandler(name, code, itemFailures, size, region);
  }

  /** The AWS region that events name; what the AWS SDK finds first, unless given. */
  public LambdaHandler inRegion(String region) {
    return new LambdaHandler(name, code, itemFailures, window, region);
  }

  /** As it was given. */
  public String name() {
    return name;
  }

  /** The class's name. */
  public String className() {
    int colons = name.indexOf("::");
    return colons < 0 ? name : name.substring(0, colons);
  }

  /** The method's name; empty where only the class was given. */
  public Optional<String> methodName() {
    int colons = name.indexOf("::");
    return colons < 0 ? Optional.empty() : Optional.of(name.substring(colons + 2));
  }

  public ClassLoader code() {
    return code;
  }

  /** Whether the answer may name records that failed. */
  public boolean reportsItemFailures() {
    return itemFailures;
  }

  /** The window's size; empty for a handler without windows. */
  public Optional<Duration> window() {
    return Optional.ofNullable(window);
  }

  /** The region that events name, where it was given. */
  public Optional<String> region() {
    return Optional.ofNullable(region);
  }

  @Override
  public String toString() {
    return "handler " + name;
  }
}
