package io.headrace.lease;

/**
 * What a {@link LeaseTable} keeps. Each kind lies under a key of its own and is written by few:
 * heartbeats by their worker (and once by its undertaker), books by their worker, leases by their
 * owner or a claimer.
 */
public sealed interface LeaseItem
    permits ApplicationItem, WorkerItem, Book, RosterPart, LeaseRow, Notice {
  /** The partition in which the item of an application lies. */
  String partition(String application);

  /** The item's key within its partition. */
  String sort();
}
