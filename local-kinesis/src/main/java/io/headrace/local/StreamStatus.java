package io.headrace.local;

/** The states of a stream, in the service's words. */
enum StreamStatus {
  CREATING,
  ACTIVE,
  UPDATING,
  DELETING
}
