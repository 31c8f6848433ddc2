package io.headrace.kcl.kinesis;

import java.time.Duration;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;

/**
 * The HTTP client that enhanced fan-out wants. The SDK's usual one ends a subscription from which
 * nothing is read for 30 s, which a slow function does by right, and takes 50 subscriptions. With
 * this one the other calls of Kinesis work as well: Headrace limits their time itself.
 *
 * <pre>{@code
 * var kinesis =
 *     KinesisAsyncClient.builder()
 *         .httpClientBuilder(KinesisHttp.builder())
 *         .overrideConfiguration(KinesisHttp::prepare)
 *         .build();
 * var connector = new KinesisConnector(kinesis);
 * }</pre>
 */
public final class KinesisHttp {
  /** Longer than the five minutes of a subscription, so that it never strikes. */
  static final Duration READ_TIME_OUT = Duration.ofMinutes(6);

  /** What a connection that is cut off without a word costs at most, beside our own watch. */
  static final Duration PING_PERIOD = Duration.ofSeconds(10);

  /** Subscriptions and calls at once: one subscription a shard. */
  static final int CONCURRENCY_MAX = 10_000;

  /**
   * Bytes that one subscription may have on its way or unread beyond the event that was asked for:
   * the 2 MiB a second of a shard for an eighth of a second.
   */
  static final int WINDOW_BYTES = 256 << 10;

  private KinesisHttp() {}

  /**
   * Sets a client up for Headrace alone: its calls are never retried by the SDK, since Headrace
   * does that at a pace of its own, and records come past the SDK's model. Any client works
   * without, but each call takes some 50 µs more then. To prepare what is prepared changes nothing.
   */
  public static void prepare(ClientOverrideConfiguration.Builder client) {
    KinesisCalls.prepare(client);
  }

  /** A builder with these settings, for the SDK to build and to close; more may be set on it. */
  public static NettyNioAsyncHttpClient.Builder builder() {
    return NettyNioAsyncHttpClient.builder()
        .protocol(Protocol.HTTP2)
        .readTimeout(READ_TIME_OUT)
        .maxConcurrency(CONCURRENCY_MAX)
        .maxPendingConnectionAcquires(CONCURRENCY_MAX)
        .http2Configuration(
            http2 -> http2.initialWindowSize(WINDOW_BYTES).healthCheckPingPeriod(PING_PERIOD));
  }
}
