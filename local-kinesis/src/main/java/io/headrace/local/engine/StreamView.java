package io.headrace.local.engine;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A stream without its shards, at one moment.
 *
 * @param warm what the stream is warmed for; null where the service does not tell
 */
public record StreamView(
    StreamKey key,
    StreamStatus status,
    StreamOptions options,
    Instant created,
    int openShards,
    int consumers,
    @Nullable WarmThroughput warm) {
  StreamView withWarm(WarmThroughput throughput) {
    return new StreamView(key, status, options, created, openShards, consumers, throughput);
  }
}
