package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a worker says of its leases. It is written before a lease is claimed and after one is given
 * up, so it is never less than the truth: a shard of the roster that stands in no living worker's
 * book may be claimed. Others read it only when the heartbeat item names a newer revision.
 *
 * @param capacity the worker's share of the work, in any unit that the fleet agrees on; a power of
 *     two, so that small differences never move a lease
 * @param holdings what the worker holds or is about to claim
 * @param offers what it would hand over, and to whom
 * @param ready what others offered to it and it can take without delay
 */
public record Book(
    Incarnation owner,
    int capacity,
    Set<ShardKey> holdings,
    Map<ShardKey, Incarnation> offers,
    Set<ShardKey> ready)
    implements LeaseItem {
  public Book {
    Objects.requireNonNull(owner, "owner");
    if (capacity < 1 || Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("capacity " + capacity + ": must be a power of two");
    }
    holdings = sorted(holdings);
    ready = sorted(ready);
    var byKey = new TreeMap<ShardKey, Incarnation>(ShardKeys.ORDER);
    byKey.putAll(offers);
    offers = Collections.unmodifiableMap(byKey);
  }

  static Book empty(Incarnation owner, int capacity) {
    return new Book(owner, capacity, Set.of(), Map.of(), Set.of());
  }

  private static Set<ShardKey> sorted(Set<ShardKey> shards) {
    var sorted = new TreeSet<ShardKey>(ShardKeys.ORDER);
    sorted.addAll(shards);
    return Collections.unmodifiableSet(sorted);
  }

  @Override
  public String partition(String application) {
    return application + "!H";
  }

  @Override
  public String sort() {
    return owner.workerId();
  }
}
