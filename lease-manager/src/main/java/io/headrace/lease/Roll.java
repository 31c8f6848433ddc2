package io.headrace.lease;

import java.util.List;
import java.util.Optional;

/**
 * What a look at a fleet brings: all workers of an application, dead ones too, and whether the
 * operator has given orders.
 */
public record Roll(List<Stored<WorkerItem>> workers, Optional<Stored<Notice>> notice) {
  public Roll {
    workers = List.copyOf(workers);
  }
}
