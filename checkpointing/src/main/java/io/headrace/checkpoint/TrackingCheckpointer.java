package io.headrace.checkpoint;

import io.headrace.checkpoint.CheckpointStore.Commit;
import io.headrace.checkpoint.CheckpointStore.End;
import io.headrace.checkpoint.CheckpointStore.TakeOver;
import io.headrace.checkpoint.CheckpointStore.Write;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Checkpointer;
import io.headrace.kcl.CommitOutcome;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Resumption;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.Start;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpointer over a {@link CheckpointStore}. All fields belong to the worker loop; the
 * store's answers are brought there before anything is touched, and stages complete there.
 *
 * <p>One write is under way at a time. A write that failed may be applied at any later moment, so
 * it is remembered and sent again, unchanged, before anything else is asked of the store: then the
 * item's revision has moved, and no late copy can be applied any more.
 */
public final class TrackingCheckpointer implements Checkpointer {
  /** More finished ranges than this are not written: the commit waits until holes close. */
  static final int RANGES_MAX = 512;

  /** What the parts of one commit may take. */
  static final int PARTS_BYTES_MAX = 64 << 10;

  private static final Logger log = LoggerFactory.getLogger(TrackingCheckpointer.class);

  private final CheckpointStore store;
  private final ProgressKey key;
  private final Shard shard;
  private final LeaseToken token;
  private final List<String> formers;
  private final Starts starts;
  private final CheckpointPolicy policy;
  private final EventLoop loop;
  private final RandomGenerator random;
  private final String nonceDrawn;

  private boolean busy;
  private @Nullable Sealed sealed;
  private @Nullable Unresolved unresolved;

  /** Counts what has happened; {@link #changesCaptured} and -Committed are former values of it. */
  private long changes;

  private long changesCaptured;
  private long changesCommitted;
  private Progress captured = Progress.NONE;
  private boolean last;
  private long triedAtTicks;

  private TrackingCheckpointer(
      CheckpointStore store,
      ProgressKey key,
      Shard shard,
      LeaseToken token,
      Starts starts,
      CheckpointPolicy policy,
      EventLoop loop,
      RandomGenerator random) {
    this.formers = starts.formers();
    this.store = store;
    this.key = key;
    this.shard = shard;
    this.token = token;
    this.starts = starts;
    this.policy = policy;
    this.loop = loop;
    this.random = random;
    nonceDrawn = draw();
  }

  /**
   * Checkpointers of one function.
   *
   * @param start where the function begins where it never was; resolved at the first seal, or when
   *     the first shard is offered
   * @param loop the worker loop
   * @param random drawn from on the worker loop only
   */
  public static Checkpointer.Factory factory(
      CheckpointStore store,
      String function,
      Start start,
      CheckpointPolicy policy,
      EventLoop loop,
      RandomGenerator random) {
    return factory(store, function, List.of(), start, policy, loop, random);
  }

  /**
   * Checkpointers of one function that had other names, and goes on from what it has under these.
   *
   * @param formers the latest first, may be empty
   */
  public static Checkpointer.Factory factory(
      CheckpointStore store,
      String function,
      List<String> formers,
      Start start,
      CheckpointPolicy policy,
      EventLoop loop,
      RandomGenerator random) {
    ProgressKey.requireFunction(function);
    var starts = new Starts(store, function, formers, start, loop);
    return new Checkpointer.Factory() {
      @Override
      public Checkpointer open(ShardKey key, Shard shard, LeaseToken token) {
        var progress = new ProgressKey(key, function);
        return new TrackingCheckpointer(
            store, progress, shard, token, starts, policy, loop, random);
      }

      @Override
      public CompletionStage<Void> prepare() {
        return starts.resolved().thenAccept(start -> {});
      }
    };
  }

  @Override
  public CompletionStage<Resumption> seal() {
    return alone(
        () ->
            settle()
                .thenCompose(settled -> onLoop(starts::resolved))
                .thenCompose(
                    from ->
                        takeOver(formers)
                            .thenCompose(done -> sealOwn())
                            .thenApply(item -> judge(item, from)))
                .exceptionally(TrackingCheckpointer::fenced));
  }

  private CompletableFuture<Void> takeOver(List<String> others) {
    return others.isEmpty()
        ? CompletableFuture.completedFuture(null)
        : onLoop(() -> store.takeOver(new TakeOver(key, others, token)));
  }

  /** What a later version took over under another name, and left here, goes on under this one. */
  private CompletableFuture<ProgressItem> sealOwn() {
    return onLoop(() -> store.seal(key, token, nonceDrawn))
        .exceptionallyCompose(
            thrown -> {
              if (!(Stages.causeOf(thrown) instanceof TakenOverException taken)) {
                return CompletableFuture.failedFuture(thrown);
              }
              log.info("{}: takes back what {} had taken over", key, taken.successor());
              return takeOver(List.of(taken.successor()))
                  .thenCompose(done -> onLoop(() -> store.seal(key, token, nonceDrawn)));
            });
  }

  private static Resumption fenced(Throwable thrown) {
    if (Stages.causeOf(thrown) instanceof TakenOverException taken) {
      return new Resumption.Fenced(taken.by());
    }
    throw new CompletionException(Stages.causeOf(thrown));
  }

  @Override
  public boolean begin(Position position) {
    return sealed().tracker.begin(position);
  }

  @Override
  public void settled(Position position) {
    sealed().tracker.settled(position);
    changes++;
  }

  @Override
  public void stateChanged() {
    changes++;
  }

  @Override
  public boolean due(long ticks) {
    return isStorable() && dirty() && policy.due(ticks - triedAtTicks, changes - changesCaptured);
  }

  @Override
  public boolean isStorable() {
    return sealed != null && !busy && sealed.tracker.ranges() <= RANGES_MAX;
  }

  @Override
  public boolean dirty() {
    return changes > changesCommitted;
  }

  @Override
  public Progress capture() {
    captured = sealed().tracker.capture();
    changesCaptured = changes;
    return captured;
  }

  @Override
  public CompletionStage<CommitOutcome> commit(Progress progress, CommitParts parts) {
    sealed();
    // Of another capture than the last nothing is known: it leaves dirty what was dirty.
    long covered = progress.equals(captured) ? changesCaptured : changesCommitted;
    triedAtTicks = loop.ticks();
    return write(
        progress,
        parts,
        write -> isSame(write, progress, parts),
        () -> newCommit(progress, parts),
        covered);
  }

  /** What is unresolved has to be settled first, and is in as much of a hurry. */
  @Override
  public CompletionStage<CommitOutcome> commitLast(Progress progress, CommitParts parts) {
    last = true;
    return commit(progress, parts);
  }

  private CompletionStage<WriteAnswer> store(Write write) {
    if (write instanceof Commit commit) {
      return last ? store.commitLast(commit) : store.commit(commit);
    }
    return store.end((End) write);
  }

  @Override
  public CompletionStage<CommitOutcome> end(CommitParts parts, List<Shard> children) {
    var tracker = sealed().tracker;
    if (tracker.unsettled() > 0) {
      throw new IllegalStateException(
          key + " can't end: " + tracker.unsettled() + " records are not settled");
    }
    var progress = capture();
    return write(
        progress,
        parts,
        write -> write instanceof End,
        () -> newEnd(progress, parts, children),
        changesCaptured);
  }

  /**
   * Settles what is unresolved, then writes, unless that was this very write or it was refused.
   *
   * @param fresh made only then: what was settled has moved the revision
   */
  private CompletionStage<CommitOutcome> write(
      Progress progress,
      CommitParts parts,
      Predicate<Write> isThis,
      Supplier<Write> fresh,
      long covered) {
    return alone(
        () -> {
          requireBounds(progress, parts);
          return settle()
              .thenCompose(
                  settled ->
                      settled
                          .filter(s -> s.isRefused() || isThis.test(s.write))
                          .map(s -> CompletableFuture.completedFuture(s.answer))
                          .orElseGet(() -> send(fresh.get(), covered)))
              .thenApply(answer -> outcome(answer, progress));
        });
  }

  private Commit newCommit(Progress progress, CommitParts parts) {
    return new Commit(claim(), progress, parts, sealed().takingOver);
  }

  private End newEnd(Progress progress, CommitParts parts, List<Shard> children) {
    var sealed = sealed();
    // Where a record was finished, all that is in the children came later than the start.
    var childrenFrom = progress.through().isPresent() ? StartingPosition.TRIM_HORIZON : sealed.base;
    var left = new EndedParent(sealed.fencingToken, childrenFrom, parts);
    return new End(claim(), progress, left, children, formers);
  }

  private WriteClaim claim() {
    return new WriteClaim(key, token, sealed().rev, sealed().nonce, draw());
  }

  private Resumption judge(ProgressItem item, StartingPosition start) {
    if (item.children().isPresent()) {
      return new Resumption.Ended(item.children().get());
    }
    if (!item.token().equals(token)) {
      if (item.token().epoch() == token.epoch()) {
        log.error(
            "{}: {} and {} bear the same epoch, which leases never hand out twice; stopping",
            key,
            token,
            item.token());
      }
      return new Resumption.Fenced(item.token());
    }
    var waiting = new HashSet<ShardId>(shard.parents());
    waiting.removeAll(item.parents().keySet());
    if (!waiting.isEmpty() && item.parts().isEmpty()) {
      return new Resumption.WaitingForParents(waiting);
    }
    var base = baseOf(item, start);
    sealed = new Sealed(item, base);
    changesCommitted = changes;
    changesCaptured = changes;
    triedAtTicks = loop.ticks();
    var parts =
        item.parts()
            .map(List::of)
            .orElseGet(
                () -> item.parentsByName().values().stream().map(EndedParent::parts).toList());
    return new Resumption.Ready(
        item.progress().through().map(StartingPosition::after).orElse(base),
        item.fencingToken(),
        parts);
  }

  /**
   * Where the function begins here if it has finished nothing: what an operator says, or the
   * parents, or start.
   */
  private static StartingPosition baseOf(ProgressItem item, StartingPosition start) {
    if (item.moved().isPresent()) {
      return item.moved().get().to();
    }
    var byParents =
        item.parents().values().stream().map(EndedParent::childrenFrom).distinct().toList();
    return byParents.size() == 1
        ? byParents.get(0)
        : byParents.isEmpty() ? start : StartingPosition.TRIM_HORIZON;
  }

  private CompletableFuture<Optional<Settled>> settle() {
    var open = unresolved;
    return open == null
        ? CompletableFuture.completedFuture(Optional.empty())
        : send(open.write, open.changes)
            .thenApply(answer -> Optional.of(new Settled(open.write, answer)));
  }

  private CompletableFuture<WriteAnswer> send(Write write, long covered) {
    unresolved = new Unresolved(write, covered);
    return onLoop(() -> store(write))
        .thenApply(
            answer -> {
              unresolved = null;
              if (answer instanceof WriteAnswer.Applied) {
                var sealed = sealed();
                sealed.rev = write.claim().rev() + 1;
                sealed.takingOver = Set.of();
                changesCommitted = Math.max(changesCommitted, covered);
              }
              return answer;
            });
  }

  private static boolean isSame(Write write, Progress progress, CommitParts parts) {
    return write instanceof Commit commit
        && commit.progress().equals(progress)
        && commit.parts().equals(parts);
  }

  private static CommitOutcome outcome(WriteAnswer answer, Progress progress) {
    if (answer instanceof WriteAnswer.Moved) {
      return new CommitOutcome.Moved();
    }
    return answer instanceof WriteAnswer.Lost lost
        ? new CommitOutcome.Fenced(lost.by())
        : new CommitOutcome.Committed(progress);
  }

  private void requireBounds(Progress progress, CommitParts parts) {
    int ranges = progress.ranges().size();
    if (ranges > RANGES_MAX) {
      throw new CheckpointException(
          key
              + ": "
              + ranges
              + " finished ranges, at most "
              + RANGES_MAX
              + " are stored; the commit waits until records in flight are settled");
    }
    long bytes = parts.parts().values().stream().mapToLong(part -> part.length).sum();
    if (bytes > PARTS_BYTES_MAX) {
      throw new CheckpointException(
          key + ": " + parts + ", at most " + PARTS_BYTES_MAX + " bytes fit; keep it in chunks");
    }
  }

  private Sealed sealed() {
    if (sealed == null) {
      throw new IllegalStateException(key + " is used before its seal was answered with Ready");
    }
    return sealed;
  }

  private <T> CompletionStage<T> alone(Supplier<CompletableFuture<T>> work) {
    if (busy) {
      throw new IllegalStateException(key + ": a seal, commit or end is under way");
    }
    busy = true;
    var done = new CompletableFuture<T>();
    CompletableFuture<T> stage;
    try {
      stage = work.get();
    } catch (CheckpointException fault) {
      stage = CompletableFuture.failedFuture(fault);
    }
    var unused =
        stage.whenComplete(
            (value, fault) -> {
              busy = false;
              if (fault == null) {
                done.complete(value);
              } else {
                done.completeExceptionally(asCheckpointException(fault));
              }
            });
    return done;
  }

  private <T> CompletableFuture<T> onLoop(Supplier<? extends CompletionStage<T>> call) {
    var answer = new CompletableFuture<T>();
    CompletionStage<T> stage;
    try {
      stage = call.get();
    } catch (RuntimeException fault) {
      stage = CompletableFuture.failedFuture(fault);
    }
    stage.whenComplete(
        (value, fault) ->
            loop.execute(
                () -> {
                  if (fault == null) {
                    answer.complete(value);
                  } else {
                    answer.completeExceptionally(fault);
                  }
                }));
    return answer;
  }

  private CheckpointException asCheckpointException(Throwable fault) {
    var cause = Stages.causeOf(fault);
    return cause instanceof CheckpointException known
        ? known
        : new CheckpointException(key + ": the checkpoint store failed: " + cause, cause);
  }

  private String draw() {
    return Entropy.name(random);
  }

  /** What a seal has brought, and what follows from it. */
  private static final class Sealed {
    private final ProgressTracker tracker;
    private final StartingPosition base;
    private final String nonce;
    private final long fencingToken;
    private long rev;
    private Set<ShardId> takingOver;

    private Sealed(ProgressItem item, StartingPosition base) {
      this.base = base;
      tracker = new ProgressTracker(item.progress());
      nonce = item.nonce();
      fencingToken = item.fencingToken();
      rev = item.rev();
      takingOver = item.parts().isPresent() ? Set.of() : item.parents().keySet();
    }
  }

  /** A write whose answer is not known, and the changes that it covers. */
  private record Unresolved(Write write, long changes) {}

  private record Settled(Write write, WriteAnswer answer) {
    private boolean isRefused() {
      return !(answer instanceof WriteAnswer.Applied);
    }
  }
}
