package io.headrace.local.protocol;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** What the transport does about a request. */
public sealed interface Reply {
  /** Answers, with a body that is written on demand. */
  record Whole(int status, Map<String, String> headers, Body body) implements Reply {}

  /** Does the other when this long has passed. */
  record After(Duration delay, Reply then) implements Reply {}

  /** Does the other as soon as it is known; any thread may complete the stage. */
  record Once(CompletionStage<Reply> known) implements Reply {}

  /**
   * Answers with events that go on coming, until their end or the client's. Whoever does not carry
   * this reply out must close the events.
   */
  record Events(Map<String, String> headers, PushedEvents events) implements Reply {}

  /** Closes the connection without a word, or over HTTP/2 the one stream. */
  record Cut() implements Reply {}

  /** Writes the body. */
  interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  Body EMPTY = out -> {};
}
