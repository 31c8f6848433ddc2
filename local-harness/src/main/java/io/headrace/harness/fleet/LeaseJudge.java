package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.Book;
import io.headrace.lease.LeaseItem;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.Notice;
import io.headrace.lease.RosterPart;
import io.headrace.lease.WorkerItem;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Sees every write that the lease table carries out, as the table sees it, and knows from them who
 * may run what: the truth that no worker has. On the world's loop only.
 */
final class LeaseJudge {
  private final Verdicts verdicts;
  private final Trace trace;
  private final Map<ShardKey, Seen<LeaseRow>> rows = new HashMap<>();
  private final Map<String, Seen<WorkerItem>> workers = new HashMap<>();
  private final Map<ShardKey, Map<Long, Incarnation>> owners = new HashMap<>();
  private final Set<Incarnation> replaced = new HashSet<>();
  private final LongSupplier ticks;
  private final Map<Incarnation, Long> firstSeen = new HashMap<>();
  private Predicate<String> well = id -> false;
  private Consumer<LeaseRow> handOvers = row -> {};
  private long changesOfOwner;

  private record Seen<T>(T item, long revision) {}

  /**
   * @param ticks of the world's clock
   */
  LeaseJudge(Verdicts verdicts, Trace trace, LongSupplier ticks) {
    this.verdicts = verdicts;
    this.trace = trace;
    this.ticks = ticks;
  }

  /** When the table first had that incarnation; at no time for one that it never had. */
  long firstSeen(Incarnation who) {
    return firstSeen.getOrDefault(who, Long.MAX_VALUE);
  }

  /**
   * @param well whether a process of that worker id runs in a fleet where nothing has gone wrong
   *     for so long that nobody can take it for dead
   */
  void knowsWell(Predicate<String> well) {
    this.well = well;
  }

  /**
   * @param handOvers told, in the place of who was told before, of each row that names a taker and
   *     waits for its acknowledgement
   */
  void tellsHandOvers(Consumer<LeaseRow> handOvers) {
    this.handOvers = handOvers;
  }

  /** The table carried a write out, or answered one that it had carried out before. */
  void written(String who, LeaseItem item, long revision) {
    if (item instanceof LeaseRow row) {
      var before = rows.get(row.shard());
      if (before == null || revision != before.revision()) {
        trace.tell("table", "r" + revision + " " + Names.of(row) + " by " + who);
        rows.put(row.shard(), new Seen<>(row, revision));
        judge(who, before, row, revision);
        if (row.from() != null) {
          handOvers.accept(row);
        }
      }
    } else if (item instanceof WorkerItem worker) {
      var id = worker.incarnation().workerId();
      firstSeen.putIfAbsent(worker.incarnation(), ticks.getAsLong());
      var before = workers.get(id);
      if (before == null || revision != before.revision()) {
        workers.put(id, new Seen<>(worker, revision));
        judge(before, worker, revision);
      }
    } else if (item instanceof RosterPart || item instanceof Book || item instanceof Notice) {
      trace.tell("table", "r" + revision + " " + Names.of(item));
    }
  }

  /** An item is gone. A row is swept only when it is ended, a worker's item when it is. */
  void deleted(String who, LeaseItem item) {
    trace.tell("table", Names.of(item) + " is deleted by " + who);
    if (item instanceof WorkerItem worker) {
      var id = worker.incarnation().workerId();
      var last = workers.remove(id);
      if (last != null && !last.item().state().gone()) {
        verdicts.broken(
            Promise.ONE_OWNER_PER_EPOCH, Names.of(last.item()) + " lives and is deleted by " + who);
      }
      for (var row : rows.values()) {
        if (worker.incarnation().equals(row.item().owner())) {
          verdicts.broken(
              Promise.ONE_OWNER_PER_EPOCH,
              Names.of(worker) + " is deleted, and " + Names.of(row.item()) + " names it");
        }
      }
    } else if (item instanceof LeaseRow row && !row.ended()) {
      verdicts.broken(
          Promise.NOTHING_PASSED_OVER, Names.of(row) + " is deleted by " + who + ", not ended");
    }
  }

  private void judge(String who, @Nullable Seen<LeaseRow> before, LeaseRow row, long revision) {
    var owner = row.owner();
    if (before != null) {
      var old = before.item();
      if (revision < before.revision() || row.epoch() < old.epoch()) {
        verdicts.broken(
            Promise.ONE_OWNER_PER_EPOCH,
            "the row of "
                + Names.of(row.shard())
                + " went back from "
                + Names.of(old)
                + " (r"
                + before.revision()
                + ") to "
                + Names.of(row)
                + " (r"
                + revision
                + ") by "
                + who);
      }
      if (old.ended() && !(row.ended() && owner == null)) {
        verdicts.broken(
            Promise.CHILD_AFTER_PARENTS, Names.of(row.shard()) + " was ended, and is again leased");
      }
    }
    if (owner != null) {
      changesOfOwner += before == null || !owner.equals(before.item().owner()) ? 1 : 0;
      var first =
          owners.computeIfAbsent(row.shard(), s -> new HashMap<>()).putIfAbsent(row.epoch(), owner);
      if (first != null && !first.equals(owner)) {
        verdicts.broken(
            Promise.ONE_OWNER_PER_EPOCH,
            Names.of(row.shard())
                + " epoch "
                + row.epoch()
                + " belongs to "
                + Names.of(first)
                + " and to "
                + Names.of(owner));
      }
      var worker = workers.get(owner.workerId());
      if (row.from() == null && worker != null && worker.item().incarnation().equals(owner)) {
        judgeStandby(worker.item(), row);
      }
      if (!row.awaits().isEmpty()) {
        verdicts.broken(
            Promise.CHILD_AFTER_PARENTS,
            Names.of(row.shard()) + " is leased while it awaits " + row.awaits());
      }
    }
  }

  /** Of a standby nobody hears for so long that its shards would stand still when it dies. */
  private void judgeStandby(WorkerItem worker, LeaseRow row) {
    if (worker.standby()) {
      verdicts.broken(
          Promise.STANDBYS_ARE_WELL, Names.of(row) + " is held by a standby, " + Names.of(worker));
    }
  }

  private void judge(@Nullable Seen<WorkerItem> before, WorkerItem now, long revision) {
    if (now.standby()) {
      rows.values().stream()
          .filter(row -> row.item().from() == null)
          .filter(row -> now.incarnation().equals(row.item().owner()))
          .forEach(row -> judgeStandby(now, row.item()));
    }
    if (now.state() == WorkerItem.State.BURIED && well.test(now.incarnation().workerId())) {
      verdicts.broken(
          Promise.STANDBYS_ARE_WELL,
          Names.of(now) + " is buried in a fleet where nothing goes wrong");
    }
    if (before == null) {
      trace.tell("table", Names.of(now));
      return;
    }
    var old = before.item();
    if (!old.incarnation().equals(now.incarnation()) || old.state() != now.state()) {
      trace.tell("table", Names.of(now) + " after " + Names.of(old));
    }
    if (!old.incarnation().equals(now.incarnation())) {
      replaced.add(old.incarnation());
      if (replaced.contains(now.incarnation())) {
        verdicts.broken(
            Promise.ONE_OWNER_PER_EPOCH,
            "the worker item of "
                + Names.of(old.incarnation())
                + " went back to "
                + Names.of(now)
                + ", a former life");
      }
    }
    boolean revived =
        old.incarnation().equals(now.incarnation()) && old.state().gone() && !now.state().gone();
    if (revived) {
      verdicts.broken(
          Promise.ONE_OWNER_PER_EPOCH, Names.of(now) + " lives again after it was " + old.state());
    }
    if (revision < before.revision()) {
      verdicts.broken(
          Promise.ONE_OWNER_PER_EPOCH,
          "the heartbeat of "
              + Names.of(now.incarnation())
              + " went back from "
              + before.revision()
              + " to "
              + revision);
    }
  }

  /** A delivery begins under this token. */
  void delivery(ShardKey shard, LeaseToken token, String what) {
    var row = rows.get(shard);
    var worker = workers.get(token.owner().workerId());
    if (row == null
        || !token.owner().equals(row.item().owner())
        || row.item().epoch() != token.epoch()) {
      verdicts.broken(
          Promise.NO_DELIVERY_WITHOUT_LEASE,
          what
              + " begins under "
              + Names.of(token)
              + ", and the row says "
              + (row == null ? "nothing" : Names.of(row.item())));
    } else if (worker != null
        && worker.item().incarnation().equals(token.owner())
        && worker.item().state().gone()) {
      verdicts.broken(
          Promise.NO_DELIVERY_WITHOUT_LEASE,
          what + " begins under " + Names.of(token) + ", which is " + worker.item().state());
    }
  }

  /** Whether the row names the owner and the epoch. */
  boolean owns(ShardKey shard, LeaseToken token) {
    var row = rows.get(shard);
    return row != null
        && token.owner().equals(row.item().owner())
        && token.epoch() == row.item().epoch();
  }

  long changesOfOwner() {
    return changesOfOwner;
  }

  /** All rows, for a failure's report. */
  String describe() {
    var text = new StringBuilder();
    rows.values().stream()
        .map(seen -> Names.of(seen.item()))
        .sorted()
        .forEach(line -> text.append("\n  ").append(line));
    workers.values().stream()
        .map(seen -> Names.of(seen.item()))
        .sorted()
        .forEach(line -> text.append("\n  ").append(line));
    return text.toString();
  }
}
