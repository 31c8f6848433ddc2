package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the deployments of a fleet mean for its leases: to whom a shard goes while one takes the
 * place of another, when balance has to wait, and in which version state is written. Lives on the
 * coordinator's loop; {@link #versionToWrite} may be asked from any thread.
 */
final class Deployments {
  private final Deployment own;

  /** By function the newest version that every living worker reads, as far as is known. */
  private final Map<String, Integer> readByAll = new ConcurrentHashMap<>();

  /** The newest that was ever told: state of that version may lie in the store. */
  private final Map<String, Integer> mayBeWritten = new ConcurrentHashMap<>();

  /** Those that were gone through last, which is not done again while they stay the same. */
  private @Nullable Collection<Profile> observed;

  Deployments(Deployment own) {
    this.own = own;
  }

  /**
   * @param profiles of living workers; the same collection until one of them changes
   * @param complete whether all living workers are among them
   */
  @SuppressWarnings("ReferenceEquality") // That is what is asked.
  void observe(Collection<Profile> profiles, boolean complete) {
    if (!complete || profiles == observed) {
      return; // Who has just come may read less than the others.
    }
    observed = profiles;
    own.reads()
        .forEach(
            (function, newest) -> {
              int lowest = newest;
              for (var profile : profiles) {
                lowest = Math.min(lowest, profile.deployment().newestReadOf(function));
              }
              readByAll.put(function, lowest);
            });
  }

  /** Nothing is certain until the others are known again. */
  void forget() {
    observed = null;
    readByAll.clear();
  }

  /**
   * The newest version that all read, within what a codec can write; its oldest while it is not
   * known what all read.
   */
  int versionToWrite(String function, int oldest, int newest) {
    int version = Math.max(oldest, Math.min(newest, readByAll.getOrDefault(function, oldest)));
    var written = mayBeWritten.get(function);
    if (written == null || written < version) {
      mayBeWritten.merge(function, version, Math::max);
    }
    return version;
  }

  /** State of this version was found in the store. */
  void found(String function, int version) {
    mayBeWritten.merge(function, version, Math::max);
  }

  /** Whether a worker with this code can go on with what this one may have written. */
  boolean canRead(Profile taker) {
    return mayBeWritten.entrySet().stream()
        .allMatch(
            written -> taker.deployment().newestReadOf(written.getKey()) >= written.getValue());
  }

  static boolean isMixed(Collection<Profile> profiles) {
    return profiles.stream().map(profile -> profile.deployment().id()).distinct().count() > 1;
  }

  /**
   * Those of the candidates to whom this worker's shards may go: who can read them, and among these
   * who runs the deployment that came last, if anybody does.
   */
  List<Incarnation> takers(Collection<Incarnation> candidates, Map<Incarnation, Profile> profiles) {
    var newest = newest(profiles);
    var able = new ArrayList<Incarnation>();
    var upToDate = new ArrayList<Incarnation>();
    for (var who : candidates) {
      var profile = profiles.get(who);
      if (profile != null && canRead(profile)) {
        able.add(who);
        if (profile.deployment().id().equals(newest)) {
          upToDate.add(who);
        }
      }
    }
    return upToDate.isEmpty() ? able : upToDate;
  }

  /** The deployment one of whose workers started last: a roll back is newer than what it undoes. */
  static String newest(Map<Incarnation, Profile> profiles) {
    var latest = new HashMap<String, Instant>();
    profiles
        .values()
        .forEach(
            profile ->
                latest.merge(
                    profile.deployment().id(),
                    profile.startedAt(),
                    (a, b) -> a.isAfter(b) ? a : b));
    return latest.entrySet().stream()
        .max(
            Map.Entry.<String, Instant>comparingByValue()
                .thenComparing(Map.Entry.comparingByKey(Comparator.naturalOrder())))
        .map(Map.Entry::getKey)
        .orElse("");
  }
}
