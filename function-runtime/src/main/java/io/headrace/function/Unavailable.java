package io.headrace.function;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Thrown by a function or its codec, or brought by its stage, when something that it depends on is
 * down. It costs no attempt and fills no dead letters: the function waits in all shards of the
 * worker, one record at a time probes, and all go on when the dependency has answered. Records keep
 * their order meanwhile; those that grow older than {@link RetryPolicy#within} go to the dead
 * letters.
 */
public class Unavailable extends RuntimeException {
  private static final long serialVersionUID = 1;

  private static final int NAME_CHARACTERS_MAX = 64;

  private final String dependency;
  private final Duration retryAfter;

  /**
   * Never throws: an outage is no time for another exception.
   *
   * @param dependency a short constant that names what is down; operators see its first 64
   *     characters
   * @param retryAfter nothing is tried before, as a {@code Retry-After} header asks for; zero
   *     leaves it to the back-off of the policy, and an hour is the most that is waited
   */
  public Unavailable(String dependency, Duration retryAfter, @Nullable Throwable cause) {
    super(named(dependency) + " is unavailable", cause);
    this.dependency = named(dependency);
    this.retryAfter = Objects.requireNonNullElse(retryAfter, Duration.ZERO);
  }

  private static String named(@Nullable String given) {
    var name = given == null || given.isEmpty() ? "unnamed" : given;
    return name.substring(0, Math.min(name.length(), NAME_CHARACTERS_MAX));
  }

  public final String dependency() {
    return dependency;
  }

  public final Duration retryAfter() {
    return retryAfter;
  }
}
