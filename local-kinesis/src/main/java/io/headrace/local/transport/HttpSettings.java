package io.headrace.local.transport;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What can be set about an {@link HttpServer}.
 *
 * @param port where it listens; 0 for a free one
 * @param silenceMax how long a connection may send nothing while nobody owes it an answer, and how
 *     long the first bytes of a connection, the head and the body of a request may take to arrive
 * @param unreadBytesMax answers of one connection that its client may leave unread
 * @param bodiesBytesMax requests of one connection that may be arriving or be unanswered at a time;
 *     further ones wait
 * @param identity what it shows to clients that come with TLS; null when it offers none
 */
public record HttpSettings(
    int port,
    Duration silenceMax,
    long unreadBytesMax,
    long bodiesBytesMax,
    @Nullable ServerIdentity identity) {
  // Of one connection. A reader whose turn comes late may give up, so no less than the JVM can
  // bear.
  private static final long UNREAD_BYTES_MAX =
      Math.max(16L * 1024 * 1024, Runtime.getRuntime().maxMemory() / 8);

  private static final long BODIES_BYTES_MAX =
      Math.max(2L * HttpServer.BODY_BYTES_MAX, Runtime.getRuntime().maxMemory() / 16);

  public HttpSettings(int port, Duration silenceMax, @Nullable ServerIdentity identity) {
    this(port, silenceMax, UNREAD_BYTES_MAX, BODIES_BYTES_MAX, identity);
  }
}
