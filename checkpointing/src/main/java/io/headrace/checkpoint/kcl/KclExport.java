package io.headrace.checkpoint.kcl;

import io.headrace.checkpoint.Standing;
import io.headrace.checkpoint.kcl.ExportPlan.What;
import io.headrace.checkpoint.kcl.ExportPlan.Write;
import io.headrace.checkpoint.kcl.KclCheckpoint.Sentinel;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.StartingPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * From the progress of one function to the library's rows. Pure; used once. The library knows one
 * position a shard, so it is given the low one: what was finished above it comes again, and nothing
 * is passed over.
 */
public final class KclExport {
  private final Known known;
  private final boolean backwards;
  private final Map<String, KclRow> rows = new HashMap<>();
  private final List<Write> writes = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();
  private final Set<Instant> times = new TreeSet<>();

  /**
   * What a function has done.
   *
   * @param start where it begins in shards without history
   */
  public record Known(String function, StartingPosition start, Map<ShardKey, Standing> standings) {
    public Known {
      standings = StableCopy.of(standings);
    }
  }

  private KclExport(Known known, boolean backwards) {
    this.known = known;
    this.backwards = backwards;
  }

  /**
   * @param table the library's, for complaints
   * @param existing its rows, none for a new table
   * @param account for rows of several streams in a table that has none yet
   * @param backwards whether a row that is further than the function may be set back
   * @throws io.headrace.kcl.CheckpointException that names the shards that can't be told
   */
  public static ExportPlan plan(
      String table,
      Known known,
      List<ListedStream> streams,
      List<KclRow> existing,
      Optional<String> account,
      boolean backwards) {
    var plan = new KclExport(known, backwards);
    existing.forEach(row -> plan.rows.put(row.key(), row));
    var several =
        existing.stream().flatMap(row -> row.stream().stream()).map(KclStream::account).findFirst();
    boolean single = existing.stream().anyMatch(row -> row.stream().isEmpty());
    var ofAccount = single ? Optional.<String>empty() : several.or(() -> account);
    if (streams.size() > 1 && ofAccount.isEmpty()) {
      plan.complaints.add(
          single
              ? "it is of one stream: name the stream with --stream"
              : "rows of several streams bear an account: say which with --account");
    } else {
      streams.forEach(stream -> plan.stream(stream, ofAccount));
    }
    KclSnapshot.refuse("KCL table " + table, plan.complaints);
    plan.noteTimes();
    return new ExportPlan(plan.writes, plan.notes);
  }

  private void stream(ListedStream stream, Optional<String> account) {
    var kclStream = account.map(a -> kclStream(stream, a));
    var past = past(stream);
    var begun = new HashSet<ShardId>();
    var checkpoints = new HashMap<ShardId, KclCheckpoint>();
    for (var shard : stream.shards()) {
      var there = rows.get(rowKey(kclStream, shard));
      if (there != null) {
        complaints.addAll(RowFit.complaints(stream, shard, there));
      }
      var standing = Optional.ofNullable(known.standings.get(key(stream, shard.id())));
      var checkpoint =
          past.contains(shard.id())
              ? Optional.<KclCheckpoint>empty()
              : checkpoint(stream, shard, standing, past);
      checkpoint.ifPresent(c -> checkpoints.put(shard.id(), c));
      if (checkpoint.isPresent()) {
        begun.add(shard.id());
      }
    }
    for (var shard : stream.shards()) {
      var checkpoint = checkpoints.get(shard.id());
      if (checkpoint == null) {
        continue;
      }
      var key = rowKey(kclStream, shard);
      var before = rows.get(key);
      boolean needed =
          before != null
              || checkpoint != Sentinel.SHARD_END
              || stream.childrenOf(shard.id()).stream().anyMatch(c -> !begun.contains(c.id()));
      if (needed) {
        write(stream, shard, row(stream, shard, key, kclStream, checkpoint, before), before);
      }
    }
  }

  /**
   * Shards that the function never saw and whose descendants it has read: other functions of its
   * application had ended them when it came.
   */
  private Set<ShardId> past(ListedStream stream) {
    var read = new HashSet<ShardId>();
    for (var shard : stream.shards()) {
      var standing = known.standings.get(key(stream, shard.id()));
      if (standing != null && (standing.ended() || !standing.progress().equals(Progress.NONE))) {
        read.add(shard.id());
      }
    }
    var past = new HashSet<>(stream.ancestorsOf(read));
    past.removeIf(shard -> known.standings.containsKey(key(stream, shard)));
    return past;
  }

  private static String rowKey(Optional<KclStream> stream, Shard shard) {
    return stream.map(s -> s + ":").orElse("") + shard.id();
  }

  /** As the rows that are there name it, which may be with a time of their own. */
  private KclStream kclStream(ListedStream stream, String account) {
    return rows.values().stream()
        .flatMap(row -> row.stream().stream())
        .filter(s -> s.name().equals(stream.id().name()))
        .findFirst()
        .orElseGet(
            () ->
                new KclStream(account, stream.id().name(), stream.id().created().getEpochSecond()));
  }

  private static ShardKey key(ListedStream stream, ShardId shard) {
    return new ShardKey(stream.id(), shard);
  }

  /** Empty where the library makes the row itself, when the parents end. */
  private Optional<KclCheckpoint> checkpoint(
      ListedStream stream, Shard shard, Optional<Standing> standing, Set<ShardId> past) {
    if (standing.filter(Standing::ended).isPresent()) {
      return Optional.of(Sentinel.SHARD_END);
    }
    var through = standing.flatMap(s -> s.progress().through());
    if (through.isPresent()) {
      tellParts(stream, shard, standing.get());
      return through.map(KclCheckpoint.At::new);
    }
    var open =
        shard.parents().stream()
            .filter(parent -> stream.shard(parent).isPresent() && !past.contains(parent))
            .filter(parent -> !isEnded(stream, parent))
            .toList();
    if (!open.isEmpty()) {
      return Optional.empty();
    }
    // A parent that the function has ended leaves an item in its children.
    if (standing.isEmpty() && shard.parents().stream().allMatch(p -> !isEnded(stream, p))) {
      complaints.add(
          "function "
              + known.function
              + " never ran in shard "
              + shard.id()
              + " of stream "
              + stream.id().name()
              + ", so there is nothing to go on from: let a worker run until it has every shard");
      return Optional.empty();
    }
    var base = standing.map(s -> s.base(known.start)).orElse(StartingPosition.TRIM_HORIZON);
    if (base instanceof StartingPosition.After after) {
      return Optional.of(new KclCheckpoint.At(after.position()));
    }
    if (base instanceof StartingPosition.AtTimestamp at) {
      times.add(at.time());
      return Optional.of(Sentinel.AT_TIMESTAMP);
    }
    return Optional.of(Sentinel.TRIM_HORIZON);
  }

  private boolean isEnded(ListedStream stream, ShardId shard) {
    var standing = known.standings.get(key(stream, shard));
    return standing != null && standing.ended();
  }

  private void tellParts(ListedStream stream, Shard shard, Standing standing) {
    if (standing.partsBytes() > 0) {
      notes.add(
          "function "
              + known.function
              + " keeps state in shard "
              + shard.id()
              + " of stream "
              + stream.id().name()
              + ": the KCL knows the position only, the state stays with Headrace");
    }
  }

  private KclRow row(
      ListedStream stream,
      Shard shard,
      String key,
      Optional<KclStream> kclStream,
      KclCheckpoint checkpoint,
      @Nullable KclRow before) {
    var children = new HashSet<ShardId>();
    if (checkpoint == Sentinel.SHARD_END) {
      stream.childrenOf(shard.id()).forEach(child -> children.add(child.id()));
    }
    return new KclRow(
        key,
        kclStream,
        shard.id(),
        checkpoint,
        Optional.empty(),
        StableCopy.of(shard.parents()),
        children,
        Optional.of(shard.range()),
        before == null ? 0 : before.counter());
  }

  private void write(ListedStream stream, Shard shard, KclRow row, @Nullable KclRow before) {
    var what = What.MADE;
    if (before != null) {
      boolean same = before.checkpoint().equals(row.checkpoint()) && before.pending().isEmpty();
      what = same ? What.KEPT : What.CHANGED;
      if (!backwards && isFurther(before.checkpoint(), row.checkpoint())) {
        complaints.add(
            "row "
                + before.key()
                + ": field checkpoint: is at "
                + before.checkpoint()
                + ", further than function "
                + known.function
                + " at "
                + row.checkpoint()
                + ": the KCL has run since; --force sets it back, and records come again");
      }
    }
    var was = Optional.ofNullable(before).map(KclRow::checkpoint);
    writes.add(new Write(key(stream, shard.id()), row, what, was));
  }

  private static boolean isFurther(KclCheckpoint theirs, KclCheckpoint ours) {
    if (theirs == Sentinel.SHARD_END) {
      return ours != Sentinel.SHARD_END;
    }
    return theirs instanceof KclCheckpoint.At at
        && ours != Sentinel.SHARD_END
        && (!(ours instanceof KclCheckpoint.At our) || at.position().compareTo(our.position()) > 0);
  }

  private void noteTimes() {
    if (!times.isEmpty()) {
      notes.add(
          "some shards begin at a time, which the KCL takes from its configuration only:"
              + " InitialPositionInStreamExtended.newInitialPositionAtTimestamp of "
              + times.iterator().next());
    }
  }
}
