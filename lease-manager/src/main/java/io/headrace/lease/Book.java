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
 * @param holdings what the worker holds or is about to claim
 * @param offers what it would hand over, and to whom
 * @param ready what others offered to it and it can take without delay
 * @param weights of those of its leases that weigh more than 1
 */
public record Book(
    Incarnation owner,
    Profile profile,
    Set<ShardKey> holdings,
    Map<ShardKey, Incarnation> offers,
    Set<ShardKey> ready,
    Map<ShardKey, Integer> weights)
    implements LeaseItem {
  public Book {
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(profile, "profile");
    holdings = sorted(holdings);
    ready = sorted(ready);
    offers = sorted(offers);
    weights = sorted(weights);
  }

  static Book empty(Incarnation owner, Profile profile) {
    return new Book(owner, profile, Set.of(), Map.of(), Set.of(), Map.of());
  }

  private static <V> Map<ShardKey, V> sorted(Map<ShardKey, V> byShard) {
    var sorted = new TreeMap<ShardKey, V>(ShardKeys.ORDER);
    sorted.putAll(byShard);
    return Collections.unmodifiableMap(sorted);
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
