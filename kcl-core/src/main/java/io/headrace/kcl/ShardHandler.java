package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One function in one shard, as the engine sees it. The engine calls every method on the worker
 * loop and is answered there, through {@link Outcomes}; what blocks runs elsewhere. Because state
 * is changed and outcomes are told in one loop turn, a {@link #snapshot} holds exactly the effects
 * of the records that are settled.
 */
public interface ShardHandler extends AutoCloseable {
  /**
   * Where the function goes on: all that lies before is committed; of what lies behind, only what
   * was finished out of order, and that is not handed over again. Called once, before {@link
   * #restore}.
   */
  default void resumesAt(StartingPosition from) {}

  /**
   * Brings back what the last commits stored; called once, before the first records. When it fails
   * with {@link CheckpointException} this handler is closed and another one is opened and tried
   * later; any other failure gives the shard up.
   *
   * @param parts one of this shard, or one of each parent
   */
  CompletionStage<Void> restore(List<CommitParts> parts);

  /**
   * Takes records in the shard's order. Each is answered once, in any order between keys. The
   * engine bounds how many are unanswered ({@link HandlerSpec#inFlightMax}).
   */
  void handle(List<StreamRecord> records);

  /**
   * Records that have come again although they were finished before, out of order, or that are
   * passed over: they are not handed over. Told in the shard's order.
   */
  default void foundDone(List<Position> positions) {}

  /**
   * No more records come until some of these are answered, as there is no memory or no room for
   * them: a handler that lets records wait for others, to be handled together, goes on with what it
   * has. Told again and again while it is so.
   */
  default void hurry() {}

  /**
   * The shard has nothing more for now, and all that it had was handed over: what was read lies at
   * its tip. Told again, every few seconds, while it is so; a handler whose time passes in a silent
   * shard, too, counts from there.
   */
  default void atTip() {}

  /**
   * State as of this turn; the stage completes once it is durable. One at a time. Called once more
   * after {@link #abandon} when a drain's deadline has passed, so that what was settled is kept.
   *
   * <p>A stage that fails with {@link CheckpointException} is tried again later; any other failure
   * gives the shard up.
   */
  CompletionStage<CommitParts> snapshot();

  /**
   * Parts that a snapshot brought are committed for certain: what the commit before them referred
   * to alone is needed no more. Not told of a shard's end, whose parts pass to the children.
   */
  default void committed(CommitParts parts) {}

  /**
   * Asked once a shard that is drained is committed for the last time: completes on any thread when
   * what that commit lets out has left, as outputs do that wait for it. What of them is done is
   * committed once more, so that the next owner does not send it again. Not waited for long.
   */
  default CompletionStage<Void> departed() {
    return CompletableFuture.completedFuture(null);
  }

  /**
   * The shard goes elsewhere, or has ended: nothing is begun any more. What runs may finish; what
   * does not, be it in line or waiting to be tried again, is {@linkplain Outcomes#returned
   * returned}, now or as soon as its call has failed. Called once. A handler that only waits for
   * all of its calls is right, too, and slower to leave.
   */
  default void drain() {}

  /**
   * Asked once, after {@link #drain} and when all records are answered: completes on any thread
   * when nothing is under way that the handler had begun by itself, as what is parked or was
   * ordered to be played again. The last commit waits for it, though not for long: else the next
   * owner would begin the same while it runs here.
   */
  default CompletionStage<Void> quiet() {
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Since when the oldest call that is under way has been so, in ticks of the monotonic clock. One
   * that waits for a thread is not: {@link #drain} would give its records back.
   *
   * @return {@link Long#MAX_VALUE} when none is, or the handler does not tell
   */
  default long callsSince() {
    return Long.MAX_VALUE;
  }

  /**
   * The drain's deadline has passed or the lease is gone: interrupt what still runs. Its results
   * are discarded, and nothing is told to {@link Outcomes} any more.
   */
  void abandon();

  /** Nothing runs any more. */
  @Override
  void close();

  /**
   * What the handler is at while it settles nothing; asked by the watchdog.
   *
   * @param patience how long a call without a time-out may take
   */
  default Standing standing(Duration patience) {
    return Standing.SILENT;
  }

  /**
   * For how long the longest call of a record that is {@link Outcome#PARKED} has run beyond its
   * time-out, or, where it has none, at all; zero where there is none. Asked by the watchdog: the
   * position waits for no such call, so a hanging one is no silence.
   */
  default Duration parkedCallsOverdue() {
    return Duration.ZERO;
  }

  /** How its partition keys stand; asked for status and metrics, about once a second. */
  default KeyStanding keys() {
    return KeyStanding.NONE;
  }

  /** Why a handler settles nothing. The first two end by themselves. */
  enum Standing {
    /** A call runs, and has not used up the time that it has. */
    IN_CALL,
    /** Something failed, was told, and is about to be tried again. */
    RETRYING,
    /** A call has outlasted its time-out, or, where it has none, the watchdog's patience. */
    OVERDUE,
    /** Nothing that would end by itself is under way. */
    SILENT
  }

  /** How a record came out: one of these for each record, so that accounts balance. */
  enum Outcome {
    HANDLED,
    FILTERED,
    DEAD_LETTERED,

    /** A {@link StreamRecord#misrouted} one that nobody saw, as the specification asks for. */
    DROPPED_AS_MISROUTED,

    /** Passed over because the operator said so. */
    SKIPPED,

    /**
     * It lies in a durable store, to which the next commit refers, and is handled from there: the
     * handler tells by itself what becomes of it.
     */
    PARKED
  }

  /** Where the handler answers; on the worker loop only. */
  interface Outcomes {
    void settled(Position position, Outcome outcome);

    /**
     * These will not be handled here: they are the next owner's. Only after {@link
     * ShardHandler#drain}.
     */
    void returned(List<Position> positions);

    /**
     * The record waits for the operator and not for the function: it stays unanswered, and nobody
     * need wait for it who drains the shard. Told in the turn in which it was handed over.
     */
    default void resting(Position position) {}

    /** State changed without a record: a commit is wanted. */
    void stateChanged();

    /**
     * Something waits for the next commit: it is wanted so soon, whatever the policy says. Told
     * beside what makes one necessary.
     */
    default void commitWanted(Duration within) {}

    /**
     * The handler can't go on (an error of the virtual machine, a state that can't be read): the
     * shard is given up, nothing is skipped.
     */
    void failed(Throwable cause);
  }

  /**
   * What a handler is given.
   *
   * @param tenure to be asked on the last instruction before each delivery
   * @param loop the worker loop
   */
  record Context(
      ShardKey key,
      Shard shard,
      Tenure tenure,
      long fencingToken,
      EventLoop loop,
      Outcomes outcomes) {}

  /** Makes a handler for each shard that is gained; called on the worker loop. */
  @FunctionalInterface
  interface Factory {
    ShardHandler open(Context context);
  }
}
