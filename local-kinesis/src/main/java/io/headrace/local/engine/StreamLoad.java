package io.headrace.local.engine;

/**
 * What a stream counts for in its account, and how large its records may be: to be read without its
 * monitor. Immutable.
 *
 * @param shards the open shards, or those that it will have if they are more
 * @param dueMillis when the state ends by itself; {@link Long#MAX_VALUE} when it does not
 */
record StreamLoad(
    StreamStatus status, StreamMode mode, int shards, long dueMillis, int recordKibMax) {
  boolean isThere(long nowMillis) {
    return status != StreamStatus.DELETING || nowMillis < dueMillis;
  }

  boolean isComingOrGoing(long nowMillis) {
    return (status == StreamStatus.CREATING || status == StreamStatus.DELETING)
        && nowMillis < dueMillis;
  }
}
