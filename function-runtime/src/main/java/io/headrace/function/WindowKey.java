package io.headrace.function;

/** One window of one key. */
record WindowKey(StateKey key, Windows.Span span) {
  /** Without the shard: a window that was open at a split or merge is closed under one id. */
  String id() {
    return "window/"
        + escaped(key.partitionKey())
        + "/"
        + escaped(key.key())
        + "/"
        + span.start()
        + "/"
        + span.end();
  }

  /** Keys may hold anything, and no two windows may share an id. */
  private static String escaped(String key) {
    return key.replace("%", "%25").replace("/", "%2F");
  }

  /** As the user's function is told of it. */
  Window told() {
    return new Window(key.key(), key.partitionKey(), span.start(), span.end());
  }
}
