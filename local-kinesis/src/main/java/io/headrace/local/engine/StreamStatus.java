package io.headrace.local.engine;

/** The states of a stream, in the service's words. */
public enum StreamStatus {
  CREATING,
  ACTIVE,
  UPDATING,
  DELETING
}
