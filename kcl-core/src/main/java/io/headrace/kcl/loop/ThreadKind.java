package io.headrace.kcl.loop;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What a pool's threads are. Any thread may ask. */
public enum ThreadKind {
  /** Threads of the operating system, each with a stack of its own. */
  PLATFORM,

  /**
   * Threads of the JVM, from JDK 21 on: as many as there are calls to wait for, nearly for free.
   */
  VIRTUAL;

  /** From here on a virtual thread that blocks in {@code synchronized} holds no other up. */
  private static final int JDK_WITHOUT_PINNING = 24;

  /** The JDK's own property, with which it is started. */
  private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";

  /** {@code Thread.ofVirtual()}; null where the JDK has none, or has it as a preview only. */
  private static final @Nullable MethodHandle OF_VIRTUAL = ofVirtual();

  /** Whether this JDK has threads of the kind. */
  public boolean isAvailable() {
    return this == PLATFORM || OF_VIRTUAL != null;
  }

  /**
   * What suits code that blocks, whatever it does: {@link #VIRTUAL} from JDK 24 on. Before, a
   * virtual thread that blocks in {@code synchronized}, as older drivers do, holds a processor.
   */
  public static ThreadKind forBlocking() {
    boolean suits = Runtime.version().feature() >= JDK_WITHOUT_PINNING && VIRTUAL.isAvailable();
    return suits ? VIRTUAL : PLATFORM;
  }

  /** On how many processors virtual threads run. */
  public static int processorsOfVirtual() {
    return Integer.getInteger(PARALLELISM, Runtime.getRuntime().availableProcessors());
  }

  /** Makes daemon threads that are called so, with a number behind. */
  ThreadFactory factory(String name) {
    var numbers = new AtomicInteger();
    return switch (this) {
      case PLATFORM -> task -> platform(task, name + "-" + numbers.incrementAndGet());
      case VIRTUAL -> task -> virtual(task, name + "-" + numbers.incrementAndGet());
    };
  }

  private static Thread platform(Runnable task, String name) {
    var thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private static Thread virtual(Runnable task, String name) {
    var unstarted = OF_VIRTUAL;
    if (unstarted == null) {
      throw new IllegalStateException(
          "this JDK ("
              + Runtime.version().feature()
              + ") has no virtual threads; run on 21 or later");
    }
    try {
      var thread = (Thread) unstarted.invoke(task);
      thread.setName(name);
      return thread;
    } catch (Throwable thrown) {
      throw new IllegalStateException("a virtual thread can't be made", thrown);
    }
  }

  /** {@code Thread.ofVirtual().unstarted(task)}, by name: this compiles for JDK 17. */
  private static @Nullable MethodHandle ofVirtual() {
    try {
      var lookup = MethodHandles.publicLookup();
      var builder = Class.forName("java.lang.Thread$Builder");
      var ofVirtual = Class.forName("java.lang.Thread$Builder$OfVirtual");
      var begin = lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(ofVirtual));
      var end =
          lookup.findVirtual(
              builder, "unstarted", MethodType.methodType(Thread.class, Runnable.class));
      var made = end.asType(MethodType.methodType(Thread.class, ofVirtual, Runnable.class));
      var handle = MethodHandles.foldArguments(made, begin);
      // A preview of them, in JDK 19 and 20, is there and throws.
      Object unused = begin.invoke();
      return handle;
    } catch (Throwable absent) {
      return null;
    }
  }
}
