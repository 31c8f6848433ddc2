package io.headrace.lease;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.lease.RosterPart.Standing;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which shards of a stream need a lease, and which of their parents come first. Pure: what the
 * stream lists and what the roster knows are all that it looks at.
 */
final class Lineage {
  private Lineage() {}

  /**
   * A shard that has no lease.
   *
   * @param waitsFor of its parents, those that some function has not ended
   * @param awaits of those, the ones that no function has ended
   */
  record Missing(Shard shard, Set<ShardId> waitsFor, Set<ShardId> awaits) {
    /** One that has none yet: no function has ended what it waits for. */
    Missing(Shard shard, Set<ShardId> awaits) {
      this(shard, awaits, awaits);
    }
  }

  /**
   * Listed shards without a lease, in the order listed. An ancestor of a shard that is or was run
   * is none of them, however long the stream goes on listing it: its records were handled before
   * its children's, and would be handled again. A shard that waits proves nothing of its ancestors:
   * it would wait for ever for one of them that has no lease.
   */
  static List<Missing> missing(List<Shard> listed, Map<ShardId, Standing> roster) {
    var parents = new HashMap<ShardId, List<ShardId>>();
    listed.forEach(shard -> parents.put(shard.id(), shard.parents()));
    var begun = new HashSet<>(roster.keySet());
    begun.removeIf(shard -> roster.get(shard) == Standing.WAITING);
    var past = ancestors(begun, parents);
    return listed.stream()
        .filter(shard -> !roster.containsKey(shard.id()) && !past.contains(shard.id()))
        .map(shard -> new Missing(shard, awaits(shard, parents.keySet(), past, roster)))
        .toList();
  }

  /** Of the shards whose rows were deleted, those that are not over, as they stood. */
  static List<Missing> deleted(
      List<Shard> listed, Map<ShardId, Standing> roster, Set<ShardId> deleted) {
    var ids = new HashSet<ShardId>();
    listed.forEach(shard -> ids.add(shard.id()));
    return listed.stream()
        .filter(shard -> deleted.contains(shard.id()))
        .filter(shard -> roster.getOrDefault(shard.id(), Standing.ENDED) != Standing.ENDED)
        .map(
            shard -> {
              var waitsFor = awaits(shard, ids, Set.of(), roster);
              boolean waits = roster.get(shard.id()) == Standing.WAITING;
              return new Missing(shard, waitsFor, waits ? waitsFor : Set.of());
            })
        .toList();
  }

  private static Set<ShardId> ancestors(Set<ShardId> of, Map<ShardId, List<ShardId>> parents) {
    var found = new HashSet<ShardId>();
    var open = new ArrayDeque<>(of);
    while (!open.isEmpty()) {
      for (var parent : parents.getOrDefault(open.pop(), List.of())) {
        if (found.add(parent)) {
          open.push(parent);
        }
      }
    }
    return found;
  }

  private static Set<ShardId> awaits(
      Shard shard, Set<ShardId> listed, Set<ShardId> past, Map<ShardId, Standing> roster) {
    var awaits = new TreeSet<ShardId>();
    for (var parent : shard.parents()) {
      var standing = roster.get(parent);
      boolean willHaveLease = listed.contains(parent) && !past.contains(parent);
      if (standing == null ? willHaveLease : standing != Standing.ENDED) {
        awaits.add(parent);
      }
    }
    return awaits;
  }

  /**
   * Of the parents that a shard awaits, those that it needs to await no longer: they have ended, or
   * neither stream nor roster know them any more.
   */
  static Set<ShardId> settled(
      Set<ShardId> awaits, Set<ShardId> listed, Map<ShardId, Standing> roster) {
    var settled = new TreeSet<ShardId>();
    for (var parent : awaits) {
      var standing = roster.get(parent);
      if (standing == null ? !listed.contains(parent) : standing == Standing.ENDED) {
        settled.add(parent);
      }
    }
    return settled;
  }

  /**
   * Waiting shards all of whose parents have ended: whoever ended the last died before he said so.
   */
  static List<ShardId> forgotten(List<Shard> listed, Map<ShardId, Standing> roster) {
    var ids = new HashSet<ShardId>();
    listed.forEach(shard -> ids.add(shard.id()));
    return listed.stream()
        .filter(shard -> roster.get(shard.id()) == Standing.WAITING)
        .filter(
            shard ->
                settled(new TreeSet<>(shard.parents()), ids, roster).size()
                    == new HashSet<>(shard.parents()).size())
        .map(Shard::id)
        .toList();
  }
}
