package io.headrace.local;

/** Whether the shards of a stream are the user's to count or the service's. */
enum StreamMode {
  PROVISIONED,
  ON_DEMAND
}
