package io.headrace.function;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Thrown by a function, or brought by its stage, when something that it depends on is down. It
 * costs no attempt and fills no dead letters: the function waits in all shards of the worker, one
 * record at a time probes, and all go on when the dependency has answered. Records keep their order
 * meanwhile; those that grow older than {@link RetryPolicy#within} go to the dead letters.
 */
public class Unavailable extends RuntimeException {
  private static final long serialVersionUID = 1;

  private static final int NAME_CHARACTERS_MAX = 64;

  private final String dependency;
  private final Duration retryAfter;

  /**
   * @param dependency a short constant that names what is down; operators see it
   * @param retryAfter nothing is tried before, as a {@code Retry-After} header asks for; zero
   *     leaves it to the back-off of the policy, and an hour is the most that is waited
   */
  public Unavailable(String dependency, Duration retryAfter, @Nullable Throwable cause) {
    super(dependency + " is unavailable", cause);
    if (dependency.isEmpty() || dependency.length() > NAME_CHARACTERS_MAX) {
      throw new IllegalArgumentException(
          "Unavailable, dependency \""
              + dependency
              + "\": must have 1 to "
              + NAME_CHARACTERS_MAX
              + " characters");
    }
    this.dependency = dependency;
    this.retryAfter = Objects.requireNonNull(retryAfter, "retryAfter");
  }

  public String dependency() {
    return dependency;
  }

  public Duration retryAfter() {
    return retryAfter;
  }
}
