package io.headrace.checkpoint;

import io.headrace.kcl.CheckpointThrottledException;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker's way to its checkpoint store: bounds how much is under way, so that heartbeats never
 * queue behind progress, lets seals, ends and last commits pass before others, and slows commits
 * down while the store throttles. Processing is never slowed: what is settled meanwhile goes into
 * the next commit. Called, and answers, on the worker loop. Each run has one write at a time, so
 * the lines are no longer than there are functions in shards.
 */
public final class PacedCheckpointStore implements CheckpointStore {
  /** How many requests may be under way at once. */
  public static final int UNDER_WAY_MAX = 32;

  private static final Logger LOG = LoggerFactory.getLogger(PacedCheckpointStore.class);

  private final CheckpointStore store;
  private final EventLoop loop;
  private final CommitPace pace = new CommitPace();
  private final Deque<Request<?>> ownership = new ArrayDeque<>();
  private final Deque<Request<?>> commits = new ArrayDeque<>();
  private int underWay;
  private boolean waking;

  private record Request<T>(
      Supplier<CompletionStage<T>> call, CompletableFuture<T> answer, boolean commit) {}

  public PacedCheckpointStore(CheckpointStore store, EventLoop loop) {
    this.store = store;
    this.loop = loop;
  }

  @Override
  public CompletionStage<StartingPosition> startOf(String function, StartingPosition proposed) {
    return enqueue(ownership, () -> store.startOf(function, proposed), false);
  }

  @Override
  public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
    return enqueue(ownership, () -> store.seal(key, token, nonce), false);
  }

  @Override
  public CompletionStage<Void> takeOver(TakeOver takeOver) {
    return enqueue(ownership, () -> store.takeOver(takeOver), false);
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    return enqueue(commits, () -> store.commit(commit), true);
  }

  /** Orders are rare and small: they go as they come. */
  @Override
  public OperatorStore operator() {
    return store.operator();
  }

  /** In the line of ownership: a shard that changes hands stands still until it is stored. */
  @Override
  public CompletionStage<WriteAnswer> commitLast(Commit commit) {
    return enqueue(ownership, () -> store.commitLast(commit), true);
  }

  @Override
  public LetterLedger letters() {
    return store.letters();
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    return enqueue(ownership, () -> store.end(end), false);
  }

  /** Commits a second at most, as of now; empty while there is no bound. */
  long commitsPerSecond() {
    return pace.perSecond();
  }

  private <T> CompletionStage<T> enqueue(
      Deque<Request<?>> line, Supplier<CompletionStage<T>> call, boolean commit) {
    var request = new Request<>(call, new CompletableFuture<T>(), commit);
    line.add(request);
    send();
    return request.answer();
  }

  private void send() {
    while (underWay < UNDER_WAY_MAX && !ownership.isEmpty()) {
      begin(ownership.remove());
    }
    while (underWay < UNDER_WAY_MAX && !commits.isEmpty()) {
      long wait = pace.waitNanos(loop.ticks());
      if (wait > 0) {
        wakeIn(wait);
        return;
      }
      pace.sent(loop.ticks());
      begin(commits.remove());
    }
  }

  private void wakeIn(long nanos) {
    if (!waking) {
      waking = true;
      var unused =
          loop.schedule(
              Duration.ofNanos(nanos),
              () -> {
                waking = false;
                send();
              });
    }
  }

  private <T> void begin(Request<T> request) {
    underWay++;
    Stages.ask(
        loop,
        request.call(),
        value -> {
          over(request, false);
          request.answer().complete(value);
        },
        failure -> {
          over(request, failure instanceof CheckpointThrottledException);
          request.answer().completeExceptionally(failure);
        });
  }

  private void over(Request<?> request, boolean throttled) {
    underWay--;
    long before = pace.perSecond();
    if (throttled) {
      pace.throttled(loop.ticks());
    } else if (request.commit()) {
      pace.accepted(loop.ticks());
    }
    tell(before, pace.perSecond());
    loop.execute(this::send);
  }

  /** Once that it begins and once that it is over: the pace goes up and down all the time. */
  private static void tell(long before, long now) {
    if (now < before && before == CommitPace.UNLIMITED) {
      LOG.warn("the checkpoint store throttles: at most {} commits a second, or fewer", now);
    } else if (now > before && now == CommitPace.UNLIMITED) {
      LOG.info("the checkpoint store throttles no more: commits are sent as they come");
    }
  }
}
