package io.headrace.lease;

import io.headrace.kcl.LeaseException;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamId;
import io.headrace.lease.Lineage.Missing;
import io.headrace.lease.RosterPart.Standing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes lease rows: for what the streams list, and for children once their parents have ended. All
 * of it may be done twice, by several workers at once, and by the successor of one that died half
 * way. Lives on the coordinator's loop.
 */
final class Registrar {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatCoordinator.class);

  /** How often a list of shards that lacks a child is asked for again. */
  private static final int LISTINGS_MAX = 60;

  private final Desk desk;
  private final Roster roster;
  private final List<ShardedStream> sources;
  private final Duties duties;
  private final Sweep sweep;
  private final Consumer<ShardKey> onRunnable;
  private final Map<StreamId, ShardedStream> streams = new LinkedHashMap<>();
  private int auditsUntilRecheck;

  /** Shards in the roster whose rows were found missing since the last audit. */
  private final Set<ShardKey> deleted = new HashSet<>();

  /** What this worker ended or made runnable and has not entered in the roster. */
  private int unsaid;

  private Runnable onSaid = () -> {};
  private Consumer<Stored<LeaseRow>> onMade = row -> {};

  /**
   * @param onRunnable told of each shard that this worker made runnable
   */
  Registrar(
      Desk desk,
      Roster roster,
      Duties duties,
      Sweep sweep,
      List<ShardedStream> sources,
      Consumer<ShardKey> onRunnable) {
    this.desk = desk;
    this.roster = roster;
    this.duties = duties;
    this.sweep = sweep;
    this.sources = sources;
    this.onRunnable = onRunnable;
  }

  /** Learns who the streams are now. */
  void identify(Runnable then, Consumer<LeaseException> failed) {
    identify(0, then, failed);
  }

  private void identify(int next, Runnable then, Consumer<LeaseException> failed) {
    if (next == sources.size()) {
      then.run();
      return;
    }
    var source = sources.get(next);
    desk.call(
        source::identify,
        id -> {
          streams.put(id, source);
          roster.add(id);
          identify(next + 1, then, failed);
        },
        failed);
  }

  /** The streams that are read here, by name. */
  List<String> names() {
    return streams.keySet().stream().map(StreamId::name).toList();
  }

  /**
   * Learns what there is to lease, and makes what is missing at the start, if that is this worker's
   * duty or nobody else does it; a stream that can't be listed now is audited later.
   */
  void bringUp(Runnable then) {
    sweep.begin();
    auditsUntilRecheck = 0;
    unsaid = 0;
    deleted.clear();
    Desk.inSlices(
        List.copyOf(streams.keySet()),
        LeaseSettings.REQUESTS_MAX,
        (stream, done) -> roster.read(stream, () -> bringUp(stream, done)),
        then);
  }

  private void bringUp(StreamId stream, Runnable then) {
    if (duties.areMine(stream)) {
      audit(stream, then);
    } else if (roster.of(stream).isEmpty()) {
      desk.after(
          LeaseSettings.SECOND_CHOICE,
          () ->
              roster.read(
                  stream,
                  () -> {
                    if (roster.of(stream).isEmpty()) {
                      audit(stream, then);
                    } else {
                      then.run();
                    }
                  }));
    } else {
      then.run();
    }
  }

  /** Audits the streams whose chores are this worker's again and again. */
  void auditLater() {
    desk.after(
        desk.jittered(desk.settings.audit()),
        () -> {
          // Heartbeats tell of a newer roster: it is read again only in case somebody edited it.
          boolean recheck = --auditsUntilRecheck <= 0;
          if (recheck) {
            auditsUntilRecheck = (int) desk.settings.recheck().dividedBy(desk.settings.audit()) + 1;
          }
          Desk.inSlices(
              streams.keySet().stream().filter(duties::areMine).toList(),
              LeaseSettings.REQUESTS_MAX,
              (stream, done) -> {
                if (recheck) {
                  roster.read(stream, () -> audit(stream, done));
                } else {
                  audit(stream, done);
                }
              },
              () -> {
                // The first stream's chores include those of the application.
                sweep.consider(streams.keySet().stream().limit(1).anyMatch(duties::areMine));
                auditLater();
              });
        });
  }

  /** Audits a stream at once: something was left half done there. */
  void audit(StreamId stream) {
    audit(stream, () -> {});
  }

  private void audit(StreamId stream, Runnable then) {
    var source = streams.get(stream);
    if (source == null) {
      then.run();
      return;
    }
    desk.call(
        source::shards,
        listed -> mend(stream, listed, then),
        failure -> {
          LOG.warn("{}: audit of {}: {}", desk.self(), stream, failure.getMessage());
          then.run();
        });
  }

  private void mend(StreamId stream, List<Shard> listed, Runnable then) {
    var known = roster.of(stream);
    sweep.listed(stream, listed.stream().map(Shard::id).collect(Collectors.toSet()));
    var standings = new HashMap<ShardId, Standing>();
    var deletedHere = deletedOf(stream);
    var missing = new ArrayList<>(Lineage.missing(listed, known));
    missing.addAll(Lineage.deleted(listed, known, deletedHere));
    Desk.inSlices(
        missing,
        LeaseSettings.REQUESTS_MAX,
        (shard, done) ->
            create(
                new ShardKey(stream, shard.shard().id()),
                shard,
                deletedHere.contains(shard.shard().id()) ? desk.time().getEpochSecond() : 0,
                row -> {
                  standings.put(shard.shard().id(), row.item().standing());
                  done.run();
                },
                done),
        () ->
            Desk.inSlices(
                Lineage.forgotten(listed, known),
                LeaseSettings.REQUESTS_MAX,
                (shard, done) ->
                    settle(
                        new ShardKey(stream, shard),
                        listed,
                        row -> {
                          standings.put(shard, row.standing());
                          done.run();
                        },
                        () -> {
                          deleted(new ShardKey(stream, shard));
                          done.run();
                        },
                        done),
                () -> roster.change(stream, standings, then)));
  }

  /** A shard that the roster names has no row: the next audit makes it again. */
  void deleted(ShardKey shard) {
    if (deleted.add(shard)) {
      LOG.warn(
          "{} of {}: the lease row of {} was deleted from {}: an audit makes it again",
          desk.self(),
          desk.application,
          shard,
          desk.table.name());
    }
  }

  private Set<ShardId> deletedOf(StreamId stream) {
    var shards = new HashSet<ShardId>();
    deleted.stream()
        .filter(key -> key.stream().equals(stream))
        .forEach(key -> shards.add(key.shard()));
    deleted.removeIf(key -> key.stream().equals(stream));
    return shards;
  }

  /**
   * Epochs of a shard begin above those of all its parents, also of those that have ended.
   *
   * @param above and above this: what nobody counted up to, where the last epoch is not known
   * @param unreadable called when the row, or a parent's, is there and can't be read
   */
  private void create(
      ShardKey key,
      Missing shard,
      long above,
      Consumer<Stored<LeaseRow>> then,
      Runnable unreadable) {
    highestEpoch(
        key.stream(),
        shard.shard().parents(),
        epoch ->
            desk.create(
                LeaseRow.free(
                    key, shard.shard(), Math.max(epoch, above), shard.waitsFor(), shard.awaits()),
                written -> {
                  if (written instanceof Written.Applied<LeaseRow> applied) {
                    onMade.accept(applied.now());
                    then.accept(applied.now());
                  } else if (written instanceof Written.Refused<LeaseRow> refused
                      && refused.found() != null) {
                    then.accept(refused.found());
                  } else {
                    unreadable.run();
                  }
                }),
        unreadable);
  }

  private void highestEpoch(
      StreamId stream, List<ShardId> parents, Consumer<Long> then, Runnable unreadable) {
    var epochs = new TreeSet<>(Set.of(0L));
    var edited = new HashSet<ShardId>();
    Desk.inSlices(
        parents,
        LeaseSettings.REQUESTS_MAX,
        (parent, done) ->
            readRow(
                new ShardKey(stream, parent),
                row -> {
                  epochs.add(row.item().epoch());
                  done.run();
                },
                done,
                () -> {
                  edited.add(parent);
                  done.run();
                }),
        () -> {
          if (edited.isEmpty()) {
            then.accept(epochs.last());
          } else {
            unreadable.run();
          }
        });
  }

  /** What can't be read is left to an audit after it was mended: others must not wait for it. */
  private void readRow(
      ShardKey key, Consumer<Stored<LeaseRow>> found, Runnable absent, Runnable unreadable) {
    desk.readUntilAnswered(
        () -> desk.table.lease(desk.application, key),
        row -> row.ifPresentOrElse(found, absent),
        edited -> unreadable.run());
  }

  /** Takes the ended from what a row awaits: who ended the last parent died before he said so. */
  private void settle(
      ShardKey key,
      List<Shard> listed,
      Consumer<LeaseRow> then,
      Runnable absent,
      Runnable unreadable) {
    var ids = new HashSet<ShardId>();
    listed.forEach(shard -> ids.add(shard.id()));
    readRow(
        key,
        row -> {
          var awaits = new TreeSet<>(row.item().awaits());
          awaits.removeAll(Lineage.settled(awaits, ids, roster.of(key.stream())));
          awaitOnly(
              row, awaits, then, () -> settle(key, listed, then, absent, unreadable), unreadable);
        },
        absent,
        unreadable);
  }

  private void awaitOnly(
      Stored<LeaseRow> row,
      Set<ShardId> awaits,
      Consumer<LeaseRow> then,
      Runnable again,
      Runnable unreadable) {
    if (awaits.equals(row.item().awaits())) {
      then.accept(row.item());
      return;
    }
    highestEpoch(
        row.item().shard().stream(),
        row.item().parents(),
        above ->
            desk.update(
                row,
                row.item().awaiting(awaits, above),
                written -> {
                  if (written instanceof Written.Applied<LeaseRow> applied) {
                    then.accept(applied.now().item());
                  } else {
                    again.run();
                  }
                }),
        unreadable);
  }

  /** A function of this worker ended the parent. */
  void runnable(ShardKey parent, List<Shard> children) {
    for (var child : children) {
      var key = new ShardKey(parent.stream(), child.id());
      unsaid++;
      readRow(
          key,
          row -> told(row, parent.shard(), this::said),
          () ->
              othersToAwait(
                  child,
                  parent,
                  awaits -> {
                    // Other functions may still be busy in the parent.
                    var waitsFor = new TreeSet<>(awaits);
                    waitsFor.add(parent.shard());
                    create(
                        key,
                        new Missing(child, waitsFor, awaits),
                        0,
                        row -> told(row, parent.shard(), this::said),
                        this::said);
                  }),
          this::said);
    }
  }

  /** Whether all has been said of what has ended here; if not, {@link #onSaid} is called then. */
  boolean allSaid() {
    return unsaid == 0;
  }

  void onSaid(Runnable action) {
    onSaid = action;
  }

  /** Told of each lease row that this worker makes. */
  void onMade(Consumer<Stored<LeaseRow>> action) {
    onMade = action;
  }

  private void said() {
    unsaid--;
    onSaid.run();
  }

  private void told(Stored<LeaseRow> row, ShardId parent, Runnable then) {
    var key = row.item().shard();
    var awaits = new TreeSet<>(row.item().awaits());
    awaits.remove(parent);
    awaitOnly(
        row,
        awaits,
        now -> {
          if (now.standing() == Standing.RUNNABLE && now.owner() == null) {
            onRunnable.accept(key);
          }
          roster.change(key.stream(), Map.of(key.shard(), now.standing()), then);
        },
        () -> readRow(key, again -> told(again, parent, then), then, then),
        then);
  }

  /**
   * Which other parents of a merge a child has to await: those whose lease has not ended, and those
   * that will yet get one. Their rows are the truth; where there is none, the stream is asked.
   */
  private void othersToAwait(Shard child, ShardKey parent, Consumer<Set<ShardId>> then) {
    var others = child.parents().stream().filter(id -> !id.equals(parent.shard())).toList();
    var awaits = new TreeSet<ShardId>();
    var unknown = new HashSet<ShardId>();
    Desk.inSlices(
        others,
        LeaseSettings.REQUESTS_MAX,
        (other, done) ->
            readRow(
                new ShardKey(parent.stream(), other),
                row -> {
                  if (!row.item().ended()) {
                    awaits.add(other);
                  }
                  done.run();
                },
                () -> {
                  unknown.add(other);
                  done.run();
                },
                () -> {
                  awaits.add(other); // It has not ended as far as anybody can say.
                  done.run();
                }),
        () -> {
          if (unknown.isEmpty()) {
            then.accept(awaits);
          } else {
            addListed(parent.stream(), child.id(), unknown, awaits, LISTINGS_MAX, then);
          }
        });
  }

  /**
   * A list that does not name the child is older than it, and says nothing of its parents either:
   * it is asked for again. One that never does is of a time when the child was forgotten already.
   */
  private void addListed(
      StreamId stream,
      ShardId child,
      Set<ShardId> unknown,
      Set<ShardId> awaits,
      int listings,
      Consumer<Set<ShardId>> then) {
    var source = streams.get(stream);
    if (source == null) {
      return;
    }
    desk.call(
        source::shards,
        listed -> {
          var ids = listed.stream().map(Shard::id).collect(Collectors.toSet());
          if (ids.contains(child) || listings == 1) {
            unknown.stream().filter(ids::contains).forEach(awaits::add);
            then.accept(awaits);
          } else {
            listAgain(stream, child, unknown, awaits, listings - 1, then);
          }
        },
        failure -> listAgain(stream, child, unknown, awaits, listings, then));
  }

  private void listAgain(
      StreamId stream,
      ShardId child,
      Set<ShardId> unknown,
      Set<ShardId> awaits,
      int listings,
      Consumer<Set<ShardId>> then) {
    desk.after(
        desk.jittered(desk.settings.request()),
        () -> addListed(stream, child, unknown, awaits, listings, then));
  }

  /** All functions have ended the shard; its row says so already. */
  void ended(Stored<LeaseRow> row) {
    var key = row.item().shard();
    unsaid++;
    roster.change(key.stream(), Map.of(key.shard(), Standing.ENDED), this::said);
  }
}
