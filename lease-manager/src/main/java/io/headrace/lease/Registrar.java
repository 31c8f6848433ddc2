package io.headrace.lease;

import io.headrace.kcl.LeaseException;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamId;
import io.headrace.lease.RosterPart.Standing;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes lease rows: for what the streams list, and for children once their parents have ended. All
 * of it may be done twice, by several workers at once, and by the successor of one that died half
 * way. Lives on the coordinator's loop.
 */
final class Registrar {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatCoordinator.class);

  private final Desk desk;
  private final Roster roster;
  private final List<ShardedStream> sources;
  private final Consumer<ShardKey> onRunnable;
  private final Map<StreamId, ShardedStream> streams = new LinkedHashMap<>();

  /**
   * @param onRunnable told of each shard that this worker made runnable
   */
  Registrar(Desk desk, Roster roster, List<ShardedStream> sources, Consumer<ShardKey> onRunnable) {
    this.desk = desk;
    this.roster = roster;
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

  /** Makes what is missing at the start; a stream that can't be listed now is audited later. */
  void bringUp(Runnable then) {
    Desk.inSlices(List.copyOf(streams.keySet()), LeaseSettings.CLAIMS_MAX, this::audit, then);
  }

  /** Audits all streams again and again. */
  void auditLater() {
    desk.after(desk.jittered(desk.settings.audit()), () -> bringUp(this::auditLater));
  }

  private void audit(StreamId stream, Runnable then) {
    var source = streams.get(stream);
    if (source == null) {
      then.run();
      return;
    }
    roster.read(
        stream,
        () ->
            desk.call(
                source::shards,
                listed -> mend(stream, listed, then),
                failure -> {
                  LOG.warn("{}: audit of {}: {}", desk.self(), stream, failure.getMessage());
                  then.run();
                }));
  }

  private void mend(StreamId stream, List<Shard> listed, Runnable then) {
    var known = roster.of(stream);
    var standings = new HashMap<ShardId, Standing>();
    Desk.inSlices(
        Lineage.missing(listed, known),
        LeaseSettings.CLAIMS_MAX,
        (missing, done) ->
            create(
                new ShardKey(stream, missing.shard().id()),
                missing.shard(),
                missing.awaits(),
                missing.awaits(),
                row -> {
                  standings.put(missing.shard().id(), row.item().standing());
                  done.run();
                }),
        () ->
            Desk.inSlices(
                Lineage.forgotten(listed, known),
                LeaseSettings.CLAIMS_MAX,
                (shard, done) ->
                    settle(
                        new ShardKey(stream, shard),
                        listed,
                        row -> {
                          standings.put(shard, row.standing());
                          done.run();
                        },
                        done),
                () -> roster.change(stream, standings, then)));
  }

  /** Epochs of a shard begin above those of all its parents, also of those that have ended. */
  private void create(
      ShardKey key,
      Shard shard,
      Set<ShardId> waitsFor,
      Set<ShardId> awaits,
      Consumer<Stored<LeaseRow>> then) {
    highestEpoch(
        key.stream(),
        shard.parents(),
        above ->
            desk.create(
                LeaseRow.free(key, shard, above, waitsFor, awaits),
                written -> {
                  if (written instanceof Written.Applied<LeaseRow> applied) {
                    then.accept(applied.now());
                  } else if (written instanceof Written.Refused<LeaseRow> refused
                      && refused.found() != null) {
                    then.accept(refused.found());
                  }
                }));
  }

  private void highestEpoch(StreamId stream, List<ShardId> parents, Consumer<Long> then) {
    var epochs = new TreeSet<>(Set.of(0L));
    Desk.inSlices(
        parents,
        LeaseSettings.CLAIMS_MAX,
        (parent, done) ->
            readRow(
                new ShardKey(stream, parent),
                row -> {
                  epochs.add(row.item().epoch());
                  done.run();
                },
                done),
        () -> then.accept(epochs.last()));
  }

  private void readRow(ShardKey key, Consumer<Stored<LeaseRow>> found, Runnable absent) {
    desk.readUntilAnswered(
        () -> desk.table.lease(desk.application, key), row -> row.ifPresentOrElse(found, absent));
  }

  /** Takes the ended from what a row awaits: who ended the last parent died before he said so. */
  private void settle(ShardKey key, List<Shard> listed, Consumer<LeaseRow> then, Runnable absent) {
    var ids = new HashSet<ShardId>();
    listed.forEach(shard -> ids.add(shard.id()));
    readRow(
        key,
        row -> {
          var awaits = new TreeSet<>(row.item().awaits());
          awaits.removeAll(Lineage.settled(awaits, ids, roster.of(key.stream())));
          awaitOnly(row, awaits, then, () -> settle(key, listed, then, absent));
        },
        absent);
  }

  private void awaitOnly(
      Stored<LeaseRow> row, Set<ShardId> awaits, Consumer<LeaseRow> then, Runnable again) {
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
                }));
  }

  /** A function of this worker ended the parent. */
  void runnable(ShardKey parent, List<Shard> children) {
    for (var child : children) {
      var key = new ShardKey(parent.stream(), child.id());
      readRow(
          key,
          row -> told(row, parent.shard()),
          () ->
              othersToAwait(
                  child,
                  parent,
                  awaits -> {
                    // Other functions may still be busy in the parent.
                    var waitsFor = new TreeSet<>(awaits);
                    waitsFor.add(parent.shard());
                    create(key, child, waitsFor, awaits, row -> told(row, parent.shard()));
                  }));
    }
  }

  private void told(Stored<LeaseRow> row, ShardId parent) {
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
          roster.change(key.stream(), Map.of(key.shard(), now.standing()), () -> {});
        },
        () -> readRow(key, again -> told(again, parent), () -> {}));
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
        LeaseSettings.CLAIMS_MAX,
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
                }),
        () -> {
          if (unknown.isEmpty()) {
            then.accept(awaits);
          } else {
            addListed(parent.stream(), unknown, awaits, then);
          }
        });
  }

  private void addListed(
      StreamId stream, Set<ShardId> unknown, Set<ShardId> awaits, Consumer<Set<ShardId>> then) {
    var source = streams.get(stream);
    if (source == null) {
      return;
    }
    desk.call(
        source::shards,
        listed -> {
          listed.stream().map(Shard::id).filter(unknown::contains).forEach(awaits::add);
          then.accept(awaits);
        },
        failure ->
            desk.after(
                desk.jittered(desk.settings.request()),
                () -> addListed(stream, unknown, awaits, then)));
  }

  /** All functions have ended the shard; its row says so already. */
  void ended(Stored<LeaseRow> row) {
    var key = row.item().shard();
    roster.change(key.stream(), Map.of(key.shard(), Standing.ENDED), () -> {});
  }
}
