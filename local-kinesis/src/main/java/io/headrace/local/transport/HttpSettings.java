package io.headrace.local.transport;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What can be set about an {@link HttpServer}.
 *
 * @param port where it listens; 0 for a free one
 * @param silenceMax how long a connection over which nothing is under way may send nothing
 * @param unreadBytesMax answers of one connection that its client may leave unread
 * @param identity what it shows to clients that come with TLS; null when it offers none
 */
public record HttpSettings(
    int port, Duration silenceMax, long unreadBytesMax, @Nullable ServerIdentity identity) {
  // Of one connection. A reader whose turn comes late may give up, so no less than the JVM can
  // bear.
  private static final long UNREAD_BYTES_MAX =
      Math.max(16L * 1024 * 1024, Runtime.getRuntime().maxMemory() / 8);

  public HttpSettings(int port, Duration silenceMax, @Nullable ServerIdentity identity) {
    this(port, silenceMax, UNREAD_BYTES_MAX, identity);
  }
}
