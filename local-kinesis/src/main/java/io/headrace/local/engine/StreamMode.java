package io.headrace.local.engine;

/** Whether the shards of a stream are the user's to count or the service's. */
public enum StreamMode {
  PROVISIONED,
  ON_DEMAND
}
