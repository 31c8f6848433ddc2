package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.through.Carrying;
import io.headrace.function.through.Envelope.Listed;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the first stage of a function that is keyed across shards, and tells the second how
 * far it is: a mark follows what was carried on, within a second, and before every commit. So
 * nothing that a mark does not speak of is ever committed, and what may be carried twice is little:
 * what lies behind the last mark. Owned by the worker loop.
 */
final class ThroughSender extends Gate {
  /** The part of a commit that has the shard's watermark. */
  static final String PART = "watermark";

  /** How often a shard's marks follow each other while nothing hurries them. */
  static final Duration MARK_EVERY = Duration.ofSeconds(1);

  /**
   * How often a mark lists the shards of the input, for readers that begin behind the last list.
   */
  static final Duration ROSTER_EVERY = Duration.ofMinutes(1);

  /** A shard from which nothing came for so long holds back no window of others. */
  static final Duration SILENT_AFTER = Duration.ofMinutes(1);

  /**
   * How many records may be carried on that no mark speaks of: so many places a reader remembers of
   * each of its upstream shards.
   */
  static final int UNMARKED_MAX = 10_000;

  /** A mark and whoever waits for it. */
  private record Posted(Mark mark, long unmarked, List<CompletableFuture<Void>> waiting) {}

  private final Scope scope;
  private final Carrying carrying;
  private final Overhearing engine;
  private final ShardedStream input;
  private final MarkPost post;

  /** Snapshots that wait for a mark of what they hold. */
  private final List<CompletableFuture<Void>> waiting = new ArrayList<>();

  /** Records that say that nothing more comes: settled with the mark that says so. */
  private final List<Position> ends = new ArrayList<>();

  /** Come while there were too many that no mark speaks of. */
  private final ArrayDeque<List<StreamRecord>> held = new ArrayDeque<>();

  /** Told with the next mark; empty when the last one that was asked for has been. */
  private List<Listed> roster = List.of();

  private long listedAt;
  private boolean toldRoster;
  private @Nullable Mark told;
  private EventLoop.@Nullable Scheduled timer;
  private long unmarked;
  private long nextAt;
  private long cameAt;
  private boolean silent;
  private boolean posting;
  private boolean failing;
  private boolean listing;
  private boolean draining;
  private boolean over;

  ThroughSender(
      Scope scope,
      Carrying carrying,
      Overhearing engine,
      ShardedStream input,
      MarkPost post,
      ShardHandler behind) {
    super(behind);
    this.scope = scope;
    this.carrying = carrying;
    this.engine = engine;
    this.input = input;
    this.post = post;
    engine.hears(this::passes);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return super.restore(parts)
        .thenApply(done -> watermark(parts))
        .thenCompose(stored -> Scope.onLoop(scope, () -> begin(stored)));
  }

  /** The lowest of the parents': what was on time for one of them must not be late. */
  private Instant watermark(List<CommitParts> parts) {
    Instant lowest = null;
    for (var each : parts) {
      byte[] bytes = each.parts().get(PART);
      var its = bytes == null ? Instant.MIN : readTime(bytes);
      lowest = lowest == null || its.isBefore(lowest) ? its : lowest;
    }
    return lowest == null ? Instant.MIN : lowest;
  }

  private Instant readTime(byte[] bytes) {
    try {
      return Instant.parse(new String(bytes, UTF_8));
    } catch (DateTimeParseException damaged) {
      throw new CheckpointException(
          "function "
              + scope.function
              + ", shard "
              + scope.context.key()
              + ": the commit's watermark is no time",
          damaged);
    }
  }

  @Override
  public void handle(List<StreamRecord> records) {
    cameAt = scope.loop().ticks();
    if (silent) {
      silent = false;
      carrying.wakes(scope.loop().now());
    }
    held.add(records);
    pass();
  }

  /** Commits what a mark speaks of: what was settled until now is told first. */
  @Override
  public CompletionStage<CommitParts> snapshot() {
    byte[] watermark = carrying.watermark().toString().getBytes(UTF_8);
    var parts =
        super.snapshot()
            .thenApply(of -> DuplicateGate.together(of, CommitParts.of(PART, watermark)));
    if (!hasNews() && !posting) {
      return parts;
    }
    var marked = new CompletableFuture<Void>();
    waiting.add(marked);
    look();
    return marked.thenCombine(parts, (done, of) -> of);
  }

  @Override
  public void drain() {
    draining = true;
    var left = new ArrayList<Position>();
    held.forEach(records -> records.forEach(record -> left.add(record.position())));
    held.clear();
    scope.giveBack(left);
    super.drain();
    look();
  }

  @Override
  public void abandon() {
    end();
    super.abandon();
  }

  @Override
  public void close() {
    end();
    super.close();
  }

  /** A commit that waits for a mark that is to be tried again must not wait for ever. */
  private void end() {
    over = true;
    if (timer != null) {
      cancelTimer();
      failWaiting(new IllegalStateException("the run is over"));
    }
  }

  private void begin(Instant stored) {
    carrying.resumes(stored);
    nextAt = scope.loop().ticks();
    cameAt = nextAt;
    list();
    listen(SILENT_AFTER);
  }

  /** Whether nothing comes; while something is on its way, something does. */
  private void listen(Duration wait) {
    var unused =
        scope
            .loop()
            .schedule(
                wait,
                () ->
                    scope.runUnlessOver(
                        () -> {
                          long since = scope.loop().ticks() - cameAt;
                          if (since < SILENT_AFTER.toNanos()) {
                            listen(SILENT_AFTER.minusNanos(since));
                            return;
                          }
                          if (!silent && carrying.isIdle()) {
                            silent = true;
                            carrying.fallsSilent();
                          }
                          look();
                          listen(SILENT_AFTER);
                        }));
  }

  private void pass() {
    while (!held.isEmpty() && unmarked < UNMARKED_MAX) {
      var records = held.remove();
      unmarked += records.size();
      records.forEach(record -> carrying.begins(record.position()));
      behind.handle(records);
    }
    look();
  }

  private boolean passes(Position position, Outcome outcome) {
    boolean last = carrying.isLast(position);
    if (last) {
      ends.add(position);
    }
    carrying.ends(position);
    look();
    return !last;
  }

  /** Whether there is something to tell: at first, who is there. */
  private boolean hasNews() {
    if (!toldRoster && !roster.isEmpty()) {
      return true;
    }
    if (told == null) {
      return carrying.through().isPresent();
    }
    return told.silent() != silent
        || !carrying.through().equals(Optional.ofNullable(told.through()));
  }

  private boolean isUrgent() {
    return !failing
        && (!waiting.isEmpty() || !ends.isEmpty() || draining || unmarked >= UNMARKED_MAX / 2);
  }

  private void look() {
    if (posting || (over && waiting.isEmpty())) {
      return;
    }
    if (!hasNews()) {
      waiting.forEach(each -> each.complete(null));
      waiting.clear();
      return;
    }
    long wait = nextAt - scope.loop().ticks();
    if (wait <= 0 || isUrgent()) {
      post();
    } else if (timer == null) {
      timer = scope.loop().schedule(Duration.ofNanos(wait), this::due);
    }
  }

  private void due() {
    timer = null;
    look();
  }

  private void post() {
    cancelTimer();
    long now = scope.loop().ticks();
    nextAt = now + MARK_EVERY.toNanos();
    if (!scope.context.tenure().validAt(now)) {
      // Who has lost the shard says nothing of it any more.
      if (over) {
        failWaiting(new IllegalStateException("the run is over"));
        return;
      }
      timer = scope.loop().schedule(MARK_EVERY, this::due);
      return;
    }
    if (now - listedAt >= ROSTER_EVERY.toNanos()) {
      list();
    }
    posting = true;
    var mark =
        new Mark(
            scope.context.key(),
            carrying.through().orElse(null),
            carrying.watermark(),
            carrying.reached(),
            silent,
            roster);
    var posted = new Posted(mark, unmarked, List.copyOf(waiting));
    waiting.clear();
    roster = List.of();
    unmarked = 0;
    CompletionStage<Void> sent;
    try {
      sent = post.post(mark);
    } catch (RuntimeException thrown) {
      sent = CompletableFuture.failedFuture(thrown);
    }
    var unused =
        sent.whenComplete((done, thrown) -> scope.loop().execute(() -> posted(posted, thrown)));
  }

  private void posted(Posted posted, @Nullable Throwable thrown) {
    posting = false;
    failing = thrown != null;
    if (thrown == null) {
      told = posted.mark();
      toldRoster |= !posted.mark().roster().isEmpty();
      posted.waiting().forEach(each -> each.complete(null));
      settleEnds(posted.mark());
      if (!over && !draining) {
        pass();
      }
      look();
      return;
    }
    roster = roster.isEmpty() ? posted.mark().roster() : roster;
    unmarked += posted.unmarked();
    if (over) {
      fail(posted.waiting(), thrown);
      failWaiting(thrown);
      return;
    }
    waiting.addAll(0, posted.waiting());
    scope.tell(
        new FunctionEvent.SinkUnavailable(
            scope.function, scope.context.key(), "marks", thrown, MARK_EVERY));
    timer = scope.loop().schedule(MARK_EVERY, this::due);
  }

  private void settleEnds(Mark mark) {
    var through = mark.through();
    if (through == null || over) {
      return;
    }
    var passed = ends.stream().filter(each -> each.compareTo(through) <= 0).toList();
    ends.removeAll(passed);
    passed.forEach(each -> engine.tell(each, Outcome.FILTERED));
  }

  private void failWaiting(Throwable thrown) {
    fail(List.copyOf(waiting), thrown);
    waiting.clear();
  }

  private static void fail(List<CompletableFuture<Void>> all, Throwable thrown) {
    all.forEach(
        each ->
            each.completeExceptionally(
                new CheckpointException("what was carried on can't be told", thrown)));
  }

  /** Asks for the shards of the input: the next mark tells of them. */
  private void list() {
    if (listing || over) {
      return;
    }
    listing = true;
    var unused =
        input
            .shards()
            .whenComplete(
                (shards, thrown) ->
                    scope.post(
                        () -> {
                          listing = false;
                          if (thrown == null) {
                            listedAt = scope.loop().ticks();
                            roster = shards.stream().map(ThroughSender::listed).toList();
                            look();
                          } else {
                            var unusedTimer =
                                scope
                                    .loop()
                                    .schedule(MARK_EVERY, () -> scope.runUnlessOver(this::list));
                          }
                        }));
  }

  private static Listed listed(Shard shard) {
    return new Listed(shard.id(), shard.parents());
  }

  private void cancelTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
