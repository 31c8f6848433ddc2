package io.headrace.function;

import java.time.Instant;
import java.util.Comparator;

/** One window of one key. */
record WindowKey(StateKey key, Windows.Span span) {
  /** What ids of early outputs begin with; no stream has such a name. */
  private static final String EARLY = "window:early";

  /** In the order in which they are closed; the same each time. */
  static final Comparator<WindowKey> BY_END =
      Comparator.<WindowKey, Instant>comparing(window -> window.span().end())
          .thenComparing(window -> window.span().start())
          .thenComparing(window -> window.key().partitionKey())
          .thenComparing(window -> window.key().key());

  /**
   * Without the shard: a window that was open at a split or merge is told under one id.
   *
   * @param revision how often it was told before
   */
  String id(int revision) {
    return revision == 0 ? id() : id() + "/" + revision;
  }

  /**
   * Of an early telling: no two share one, as no two need hold the same.
   *
   * @param now by the worker's clock
   */
  String earlyId(long fencingToken, Instant now) {
    return EARLY + "/" + place() + "/" + fencingToken + "." + now.toEpochMilli();
  }

  private String id() {
    return "window/" + place();
  }

  private String place() {
    return escaped(key.partitionKey())
        + "/"
        + escaped(key.key())
        + "/"
        + span.start()
        + "/"
        + span.end();
  }

  /** Keys may hold anything, and no two windows may share an id. */
  static String escaped(String key) {
    return key.replace("%", "%25").replace("/", "%2F");
  }

  /** As the user's function is told of it. */
  Window told(Window.Firing firing, int revision) {
    return new Window(key.key(), key.partitionKey(), span.start(), span.end(), firing, revision);
  }
}
