package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Items for tests of other packages. */
public final class TestItems {
  private TestItems() {}

  public static WorkerItem buried(Incarnation self, List<Incarnation> heirs) {
    return WorkerItem.starting(self, Duration.ofSeconds(10)).buried(heirs);
  }

  /** Every field at its longest. */
  public static WorkerItem full(Incarnation self) {
    var before = WorkerItem.starting(self, Duration.ofMinutes(10));
    return WorkerItem.replacing(before, self, Duration.ofMinutes(10))
        .publishing(
            WorkerItem.State.DRAINING, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MIN_VALUE);
  }

  static Profile profile(int capacity, String deployment) {
    return new Profile(capacity, new Deployment(deployment, Map.of()), Instant.EPOCH, Set.of());
  }

  public static LeaseRow free(ShardKey shard) {
    return LeaseRow.free(shard, Shard.root(shard.shard().value()), 0, Set.of(), Set.of());
  }

  public static LeaseRow owned(LeaseRow row, Incarnation by) {
    return row.ownedBy(by);
  }
}
