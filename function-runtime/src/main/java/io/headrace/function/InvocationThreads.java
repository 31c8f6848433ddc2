package io.headrace.function;

import io.headrace.kcl.loop.ThreadKind;
import java.util.Objects;

/**
 * The threads of its own on which a function is called, so that one that blocks holds no other up:
 * so many calls at once in a worker, whatever the number of its shards. Immutable.
 *
 * @param max 1 to 10,000; threads of the operating system at most 1,000
 */
public record InvocationThreads(Kind kind, int max) {
  /** What they are. */
  public enum Kind {
    /** Virtual from JDK 24 on, else of the operating system. */
    AUTO,
    PLATFORM,
    /** From JDK 21 on; before 24 one that blocks in {@code synchronized} holds a processor. */
    VIRTUAL
  }

  private static final int PLATFORM_MAX = 1_000;
  private static final int VIRTUAL_MAX = 10_000;

  public InvocationThreads {
    Objects.requireNonNull(kind, "kind");
    int most = threadKind(kind) == ThreadKind.PLATFORM ? PLATFORM_MAX : VIRTUAL_MAX;
    if (max < 1 || max > most) {
      throw new IllegalArgumentException(
          "invocation threads " + max + ": must be between 1 and " + most);
    }
    if (!threadKind(kind).isAvailable()) {
      throw new IllegalArgumentException(
          "invocation threads VIRTUAL: this JDK ("
              + Runtime.version().feature()
              + ") has none, they come with JDK 21; take AUTO");
    }
  }

  /** Virtual ones where the JDK has them and they hold no processor, else the system's. */
  public static InvocationThreads upTo(int max) {
    return new InvocationThreads(Kind.AUTO, max);
  }

  /** Threads of the operating system. */
  public static InvocationThreads platform(int max) {
    return new InvocationThreads(Kind.PLATFORM, max);
  }

  /**
   * Virtual threads.
   *
   * @throws IllegalArgumentException when this JDK has none
   */
  public static InvocationThreads virtual(int max) {
    return new InvocationThreads(Kind.VIRTUAL, max);
  }

  ThreadKind threadKind() {
    return threadKind(kind);
  }

  private static ThreadKind threadKind(Kind kind) {
    return switch (kind) {
      case AUTO -> ThreadKind.forBlocking();
      case PLATFORM -> ThreadKind.PLATFORM;
      case VIRTUAL -> ThreadKind.VIRTUAL;
    };
  }
}
