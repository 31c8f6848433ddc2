package io.headrace.kcl.loop;

/** The loop that a thread of this process runs, for a test that breaks it from inside. */
public final class LoopOfThread {
  private LoopOfThread() {}

  /** Of the only thread of that name. */
  public static EventLoop named(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .map(thread -> ((ThreadedLoop.LoopThread) thread).loop)
        .findFirst()
        .orElseThrow();
  }
}
