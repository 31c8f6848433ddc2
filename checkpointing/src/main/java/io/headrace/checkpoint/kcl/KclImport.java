package io.headrace.checkpoint.kcl;

import io.headrace.checkpoint.Placement;
import io.headrace.checkpoint.kcl.ImportPlan.Entry;
import io.headrace.checkpoint.kcl.KclCheckpoint.Sentinel;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * From the library's rows to where Headrace goes on. Pure; used once. Every shard that the streams
 * list gets an answer of one kind:
 *
 * <ul>
 *   <li>It has a row: that says.
 *   <li>It has none, and a shard that came of it has: the library has finished it and deleted the
 *       row, which it does once the children have begun.
 *   <li>It has none, and a shard that it came of has: it begins when that one ends, from its start.
 *   <li>Nothing near it has a row: the library did not know it, and that is refused.
 * </ul>
 */
public final class KclImport {
  private final ImportChoices choices;
  private final List<Entry> entries = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();

  private KclImport(ImportChoices choices) {
    this.choices = choices;
  }

  /**
   * @param table the library's, for complaints
   * @param streams those that the functions read
   * @throws io.headrace.kcl.CheckpointException that names row and field of all that does not fit
   */
  public static ImportPlan plan(
      String table, List<KclRow> rows, List<ListedStream> streams, ImportChoices choices) {
    var plan = new KclImport(choices);
    plan.choose(rows, streams);
    KclSnapshot.refuse("KCL table " + table, plan.complaints);
    return new ImportPlan(plan.entries, plan.notes);
  }

  private void choose(List<KclRow> rows, List<ListedStream> streams) {
    if (rows.isEmpty()) {
      complaints.add("it has no leases: the KCL has not begun, so there is nothing to go on from");
      return;
    }
    boolean several = rows.get(0).stream().isPresent();
    for (var row : rows) {
      if (row.stream().isPresent() != several) {
        complaints.add(
            "row "
                + row.key()
                + ": field leaseKey names "
                + (several ? "no stream" : "a stream")
                + ", unlike row "
                + rows.get(0).key()
                + ": the table is of two applications, one of a single stream and one of several");
        return;
      }
    }
    if (several) {
      eachOfSeveral(rows, streams);
    } else if (streams.size() == 1) {
      stream(rows, streams.get(0));
    } else {
      complaints.add(
          "it is of one stream, and the functions read "
              + streams.stream().map(s -> s.id().name()).sorted().toList()
              + ": name the stream with --stream");
    }
  }

  private void eachOfSeveral(List<KclRow> rows, List<ListedStream> streams) {
    var byName = streams.stream().collect(Collectors.toMap(s -> s.id().name(), s -> s));
    var byStream = new HashMap<ListedStream, List<KclRow>>();
    for (var row : rows) {
      var of = row.stream().orElseThrow();
      var stream = byName.get(of.name());
      if (stream == null) {
        complaints.add(
            "row " + row.key() + ": field leaseKey: no function reads stream " + of.name());
      } else if (!choices.anyEpoch() && of.epoch() != stream.id().created().getEpochSecond()) {
        complaints.add(
            "row "
                + row.key()
                + ": field leaseKey: stream "
                + of.name()
                + " of that name was created at "
                + stream.id().created().getEpochSecond()
                + ", not at "
                + of.epoch()
                + ": it was deleted and made again, or the KCL was told another time"
                + " (--ignore-epoch)");
      } else {
        byStream.computeIfAbsent(stream, s -> new ArrayList<>()).add(row);
      }
    }
    for (var stream : streams) {
      if (byStream.containsKey(stream)) {
        stream(byStream.get(stream), stream);
      } else {
        complaints.add("it has no row of stream " + stream.id().name());
      }
    }
  }

  private void stream(List<KclRow> all, ListedStream stream) {
    var listed = stream.byId();
    var rows = new HashMap<ShardId, KclRow>();
    var passed = new TreeSet<ShardId>();
    for (var row : all) {
      if (listed.containsKey(row.shard())) {
        if (rows.put(row.shard(), row) != null) {
          complaints.add("row " + row.key() + ": another row is of the same shard");
        }
      } else {
        passed.addAll(row.children());
        stream.childrenOf(row.shard()).forEach(child -> passed.add(child.id()));
        gone(row);
      }
    }
    if (rows.isEmpty()) {
      complaints.add(
          "none of its "
              + all.size()
              + " rows (such as "
              + all.get(0).key()
              + ") is of a shard that stream "
              + stream.id().name()
              + " lists: it is the table of another stream");
      return;
    }
    var past = stream.ancestorsOf(rows.keySet());
    var future = descendants(stream, rows.keySet(), passed);
    for (var shard : stream.shards()) {
      var row = rows.get(shard.id());
      if (row != null) {
        known(stream, shard, row, rows);
      } else if (past.contains(shard.id())) {
        entries.add(
            new Entry(
                new ShardKey(stream.id(), shard.id()),
                new Placement.Ended(stream.childrenOf(shard.id())),
                "no row, but its children's"));
      } else if (future.contains(shard.id())) {
        toCome(stream, shard, rows, passed);
      } else {
        complaints.add(
            "shard "
                + shard.id()
                + " of stream "
                + stream.id().name()
                + " has no row, nor has any shard before or after it: the KCL does not know it"
                + " yet; let it run until it does, some six minutes, and stop it again");
      }
    }
  }

  /** The stream has trimmed a shard that has a row. */
  private void gone(KclRow row) {
    if (!row.ended()) {
      notes.add(
          "row "
              + row.key()
              + " stands at "
              + row.checkpoint()
              + ", and the stream has trimmed the shard: what the KCL had not read of it is gone");
    }
  }

  private void known(ListedStream stream, Shard shard, KclRow row, Map<ShardId, KclRow> rows) {
    var strange = RowFit.complaints(stream, shard, row);
    if (!strange.isEmpty()) {
      complaints.addAll(strange);
      return;
    }
    row.pending()
        .ifPresent(
            pending ->
                notes.add(
                    "row "
                        + row.key()
                        + " has a pending checkpoint at "
                        + pending
                        + " that was never made: reading goes on at "
                        + row.checkpoint()));
    var key = new ShardKey(stream.id(), shard.id());
    if (row.ended()) {
      entries.add(new Entry(key, new Placement.Ended(stream.childrenOf(shard.id())), "SHARD_END"));
      return;
    }
    start(row)
        .ifPresent(
            from -> {
              var ended = new TreeSet<ShardId>();
              for (var parent : parentsOf(shard, row)) {
                var parentRow = rows.get(parent);
                if (parentRow == null || parentRow.ended()) {
                  ended.add(parent);
                } else if (from instanceof StartingPosition.After) {
                  notes.add(beforeItsParent(row, parentRow));
                }
              }
              entries.add(
                  new Entry(key, new Placement.At(from, ended), row.checkpoint().toString()));
            });
  }

  /** The library begins a shard behind its parents, so somebody has set one of the two rows. */
  private static String beforeItsParent(KclRow row, KclRow parent) {
    return "row "
        + row.key()
        + ": field checkpoint: is at "
        + row.checkpoint()
        + ", and parent row "
        + parent.key()
        + " at "
        + parent.checkpoint()
        + ", not at SHARD_END: the parent is read to its end first, as by the KCL";
  }

  private static Set<ShardId> parentsOf(Shard shard, KclRow row) {
    var parents = new TreeSet<>(shard.parents());
    parents.addAll(row.parents());
    return parents;
  }

  private Optional<StartingPosition> start(KclRow row) {
    if (row.checkpoint() instanceof KclCheckpoint.At at) {
      return Optional.of(StartingPosition.after(at.position()));
    }
    if (row.checkpoint() == Sentinel.TRIM_HORIZON) {
      return Optional.of(StartingPosition.TRIM_HORIZON);
    }
    boolean latest = row.checkpoint() == Sentinel.LATEST;
    var time = latest ? choices.latestAt() : choices.timestampAt();
    if (time.isEmpty()) {
      complaints.add(
          "row "
              + row.key()
              + ": field checkpoint: says "
              + row.checkpoint()
              + (latest
                  ? ", which is the tip whenever the KCL starts: say with --latest-at TIME when it"
                      + " began, and nothing since is passed over"
                  : ", and not which: say with --timestamp-at TIME what the KCL was configured"
                      + " with"));
    }
    return time.map(StartingPosition::at);
  }

  /**
   * @param more also among them
   */
  private static Set<ShardId> descendants(ListedStream stream, Set<ShardId> of, Set<ShardId> more) {
    var descendants = new HashSet<>(more);
    for (var shard : stream.shards()) {
      if (shard.parents().stream().anyMatch(p -> of.contains(p) || descendants.contains(p))) {
        descendants.add(shard.id());
      }
    }
    return descendants;
  }

  /** The library has not made the row yet, which it does when a parent ends. */
  private void toCome(
      ListedStream stream, Shard shard, Map<ShardId, KclRow> rows, Set<ShardId> passed) {
    var ended = new TreeSet<ShardId>();
    for (var parent : shard.parents()) {
      var row = rows.get(parent);
      if (row != null && row.ended()) {
        ended.add(parent);
      }
    }
    if (!ended.isEmpty() || passed.contains(shard.id())) {
      entries.add(
          new Entry(
              new ShardKey(stream.id(), shard.id()),
              new Placement.At(StartingPosition.TRIM_HORIZON, ended),
              "no row, and a parent has ended"));
    }
  }
}
