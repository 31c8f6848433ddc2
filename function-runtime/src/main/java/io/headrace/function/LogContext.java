package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.StreamRecord;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;

/**
 * Names in the logging context (MDC) what a thread works at while it runs user code, so that each
 * line that a function logs says of which record it is. What was there before is there again
 * afterwards. Costs nothing where the logger keeps no context. Thread-safe.
 *
 * <p>The key itself never goes there: {@link #KEY_HASH} is the beginning of its MD5, enough to find
 * the lines of a key that one knows, and too little to find the key.
 */
public final class LogContext {
  /** The fleet's name. */
  public static final String APPLICATION = "application";

  /** The function's name. */
  public static final String FUNCTION = "function";

  /** Stream and shard. */
  public static final String SHARD = "shard";

  /** The record's place in the shard; of several records, the first one's. */
  public static final String SEQUENCE = "sequence";

  /** 1 is the first. */
  public static final String ATTEMPT = "attempt";

  /**
   * 8 hex digits: {@code printf %s KEY | md5sum | head -c 8}; of several records, of the first
   * one's key.
   */
  public static final String KEY_HASH = "keyHash";

  /** W3C's, where the record carries one. */
  public static final String TRACEPARENT = TraceContext.TRACEPARENT;

  private static final String[] NAMES = {
    APPLICATION, FUNCTION, SHARD, SEQUENCE, ATTEMPT, KEY_HASH, TRACEPARENT
  };

  private static final int HASH_BYTES = 4;
  private static final ThreadLocal<MessageDigest> MD5 = ThreadLocal.withInitial(LogContext::md5);

  private final String application;
  private final @Nullable MDCAdapter context;

  private LogContext(String application, @Nullable MDCAdapter context) {
    this.application = application;
    this.context = context;
  }

  /** In the context that the logger of this process keeps. */
  static LogContext ofProcess(String application) {
    return in(application, MDC.getMDCAdapter());
  }

  static LogContext in(String application, @Nullable MDCAdapter context) {
    return new LogContext(application, context instanceof NOPMDCAdapter ? null : context);
  }

  /**
   * Carries the logging context of whoever gives a task to the thread that runs it, and takes it
   * away again: for what an asynchronous function does in the stages of its own.
   */
  public static Executor carriedTo(Executor executor) {
    var context = MDC.getMDCAdapter();
    return context == null ? executor : carriedTo(executor, context);
  }

  static Executor carriedTo(Executor executor, MDCAdapter context) {
    return task -> {
      var carried = context.getCopyOfContextMap();
      executor.execute(
          () -> {
            var before = context.getCopyOfContextMap();
            set(context, carried);
            try {
              task.run();
            } finally {
              set(context, before);
            }
          });
    };
  }

  private static void set(MDCAdapter context, @Nullable Map<String, String> values) {
    if (values == null) {
      context.clear();
    } else {
      context.setContextMap(values);
    }
  }

  /**
   * Names what the thread works at from now on.
   *
   * @param record one that stands for what is called; null for a window
   * @param key the record's or the window's; empty where there is none
   * @return what was there before, for {@link #leave}; null where there is no context
   */
  @Nullable String @Nullable [] enter(
      String function, String shard, @Nullable StreamRecord record, String key, int attempt) {
    var to = context;
    if (to == null) {
      return null;
    }
    @Nullable String[] before = new @Nullable String[NAMES.length];
    for (int i = 0; i < NAMES.length; i++) {
      before[i] = to.get(NAMES[i]);
    }
    to.put(APPLICATION, application);
    to.put(FUNCTION, function);
    to.put(SHARD, shard);
    to.put(ATTEMPT, Integer.toString(attempt));
    put(to, SEQUENCE, record == null ? null : record.position().toString());
    put(to, KEY_HASH, key.isEmpty() ? null : hash(key));
    put(
        to,
        TRACEPARENT,
        record == null || !TraceContext.isSound(record.headers())
            ? null
            : record.headers().get(TRACEPARENT));
    return before;
  }

  /** Puts back what {@link #enter} found. */
  void leave(@Nullable String @Nullable [] before) {
    var to = context;
    if (to == null || before == null) {
      return;
    }
    for (int i = 0; i < NAMES.length; i++) {
      put(to, NAMES[i], before[i]);
    }
  }

  private static void put(MDCAdapter to, String name, @Nullable String value) {
    if (value == null) {
      to.remove(name);
    } else {
      to.put(name, value);
    }
  }

  static String hash(String key) {
    byte[] digest = MD5.get().digest(key.getBytes(UTF_8));
    return HexFormat.of().formatHex(Arrays.copyOf(digest, HASH_BYTES));
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has MD5", impossible);
    }
  }
}
