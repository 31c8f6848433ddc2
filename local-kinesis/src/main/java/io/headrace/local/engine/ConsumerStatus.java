package io.headrace.local.engine;

/** The states of a registered consumer, in the service's words. */
public enum ConsumerStatus {
  CREATING,
  ACTIVE,
  DELETING
}
