package io.headrace.lease;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who may run a shard. Written when that changes, never when records flow.
 *
 * @param parents those for which a function may have to wait: what had not ended when the row was
 *     made. Those that were trimmed, or whose lease had ended, are left out: nobody will end them
 * @param owner null while the lease is free
 * @param epoch of the last owner; 0, or what the parents had, before the first
 * @param ended all functions have ended the shard; it is never leased again
 * @param awaits parents that no function has ended; the lease is not to be had before
 * @param avoid who gave the lease up because the shard failed there: others are asked first
 * @param from who handed the lease to {@code owner}, until the owner has acknowledged it
 * @param reason why it is so; null before the first owner
 */
public record LeaseRow(
    ShardKey shard,
    List<ShardId> parents,
    HashRange range,
    @Nullable Incarnation owner,
    long epoch,
    boolean ended,
    Set<ShardId> awaits,
    @Nullable Incarnation avoid,
    @Nullable Incarnation from,
    @Nullable LeaseReason reason)
    implements LeaseItem {
  public LeaseRow {
    Objects.requireNonNull(shard, "shard");
    Objects.requireNonNull(range, "range");
    parents = List.copyOf(parents);
    awaits = Collections.unmodifiableSet(new TreeSet<>(awaits));
    if (epoch < 0) {
      throw new IllegalArgumentException("epoch " + epoch + " of " + shard + ": is negative");
    }
  }

  /** A row that says nothing of why. */
  public LeaseRow(
      ShardKey shard,
      List<ShardId> parents,
      HashRange range,
      @Nullable Incarnation owner,
      long epoch,
      boolean ended,
      Set<ShardId> awaits,
      @Nullable Incarnation avoid,
      @Nullable Incarnation from) {
    this(shard, parents, range, owner, epoch, ended, awaits, avoid, from, null);
  }

  /** The same, and why. */
  LeaseRow because(LeaseReason why) {
    return new LeaseRow(shard, parents, range, owner, epoch, ended, awaits, avoid, from, why);
  }

  /**
   * A row for a shard that had none.
   *
   * @param above the highest epoch of its parents: the shard's own begin above it
   * @param waitsFor of its parents, those that some function has not ended
   * @param awaits of those, the ones that no function has ended
   */
  static LeaseRow free(
      ShardKey key, Shard shard, long above, Set<ShardId> waitsFor, Set<ShardId> awaits) {
    var parents = shard.parents().stream().filter(waitsFor::contains).toList();
    return new LeaseRow(key, parents, shard.range(), null, above, false, awaits, null, null);
  }

  LeaseRow ownedBy(Incarnation next) {
    return new LeaseRow(shard, parents, range, next, epoch + 1, ended, awaits, null, null);
  }

  LeaseRow handedTo(Incarnation next, Incarnation giver) {
    return new LeaseRow(shard, parents, range, next, epoch + 1, ended, awaits, null, giver);
  }

  LeaseRow acknowledged() {
    return new LeaseRow(shard, parents, range, owner, epoch, ended, awaits, null, null, reason);
  }

  LeaseRow released(@Nullable Incarnation avoiding) {
    return new LeaseRow(shard, parents, range, null, epoch, ended, awaits, avoiding, null);
  }

  LeaseRow asEnded() {
    return new LeaseRow(shard, parents, range, null, epoch, true, awaits, null, null);
  }

  LeaseRow awaiting(Set<ShardId> parents, long above) {
    return new LeaseRow(
        shard,
        this.parents,
        range,
        owner,
        Math.max(epoch, above),
        ended,
        parents,
        avoid,
        from,
        reason);
  }

  /** The right that the owner has; only for a row with an owner. */
  LeaseToken token() {
    return new LeaseToken(Objects.requireNonNull(owner, "owner"), epoch);
  }

  RosterPart.Standing standing() {
    if (ended) {
      return RosterPart.Standing.ENDED;
    }
    return awaits.isEmpty() ? RosterPart.Standing.RUNNABLE : RosterPart.Standing.WAITING;
  }

  @Override
  public String partition(String application) {
    return "%s!L!%02d".formatted(application, shard.bucket());
  }

  @Override
  public String sort() {
    return shard.key();
  }
}
