package io.headrace.local.engine;

import org.jspecify.annotations.Nullable;

/**
 * What a request that passed its checks does to a stream.
 *
 * @param change what begins, or null when the stream is as the request wants it already
 */
record Plan(@Nullable Change change, RecentChanges recent) {
  /** Works out what to do about a stream in this state, or throws the service's error. */
  interface Maker {
    Plan of(StreamState state, long nowMillis);
  }

  static Plan update(StreamState state, StreamOptions options) {
    return update(state, options, state.recent());
  }

  /** A plan that asks for these options; without any effect when the stream has them. */
  static Plan update(StreamState state, StreamOptions options, RecentChanges recent) {
    return update(state, options, Change.AS_MANY, recent);
  }

  static Plan update(StreamState state, StreamOptions options, int shards, RecentChanges recent) {
    boolean same = options.equals(state.options()) && shards == Change.AS_MANY;
    return new Plan(same ? null : new Change.Update(options, shards), recent);
  }
}
