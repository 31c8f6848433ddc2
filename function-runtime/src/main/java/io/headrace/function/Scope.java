package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardHandler.Standing;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The life of one handler in one shard: what it posts is dropped once it is over. Owned by the
 * worker loop; {@link #post} and {@link #onPool} may be called from any thread.
 */
final class Scope {
  /** How soon a full pool is asked again. */
  private static final Duration POOL_FULL_WAIT = Duration.ofMillis(10);

  final String function;
  final ShardHandler.Context context;
  final Environment environment;

  /** Of this handler's shard; set once, before anything else happens. */
  LetterBook book = LetterBook.NONE;

  /** Of this handler's shard, where letters are kept; set once, before anything else happens. */
  @Nullable LetterGate letterGate;

  /** Of this handler, where it parks keys; set once, before anything else happens. */
  @Nullable ParkedKeys<?> parked;

  /**
   * The handler keeps the place in event time of records that wait for the operator: they are
   * handed over to be placed and for nothing else. Set once, before anything else happens.
   */
  boolean placesResting;

  /** Of this handler, where its outputs wait; set once, before anything else happens. */
  @Nullable Outbox outbox;

  /** Records wait for the operator that the handler has not seen; on the worker loop. */
  boolean keepsSomeBack;

  /** What a former version left in its outbox, where this one has none; on the worker loop. */
  @Nullable Outbox formerOutbox;

  /** What of a record's bytes is the user's; set once, before anything else happens. */
  UnaryOperator<byte[]> shown = UnaryOperator.identity();

  /** Whether what former runs have left is being swept; by any thread. */
  final AtomicBoolean isSwept = new AtomicBoolean();

  /** Handed over although they wait for the operator; bounded as all that is in flight. */
  private final Set<Position> resting = new HashSet<>();

  private boolean over;
  private int retriesDue;

  Scope(String function, ShardHandler.Context context, Environment environment) {
    this.function = function;
    this.context = context;
    this.environment = environment;
  }

  /** Names a record that is handed over: one that is played again keeps its name. */
  EventId idOf(Position position) {
    return Decoder.id(shardOf(position), position);
  }

  /** In which shard a record lies that is handed over: an ancestor's is played again, say. */
  ShardKey shardOf(Position position) {
    return book.shardOf(position, context.key());
  }

  EventLoop loop() {
    return context.loop();
  }

  RandomGenerator random() {
    return environment.random();
  }

  boolean isOver() {
    return over;
  }

  void end() {
    over = true;
  }

  /** Runs on the worker loop, unless the handler's life is over by then. */
  void post(Runnable task) {
    loop().execute(() -> runUnlessOver(task));
  }

  /** Tries again what failed and was told, unless the handler's life is over by then. */
  void later(Duration delay, Runnable task) {
    retriesDue++;
    var unused =
        loop()
            .schedule(
                delay,
                () -> {
                  retriesDue--;
                  runUnlessOver(task);
                });
  }

  /** Something that ends by itself, or is tried again, has begun; on the worker loop. */
  void waits() {
    retriesDue++;
  }

  /** What {@link #waits} told of is over; on the worker loop. */
  void waitsNoMore() {
    retriesDue--;
  }

  /** How the handler stands while no call is under way; on the worker loop. */
  Standing standing() {
    return retriesDue > 0 ? Standing.RETRYING : Standing.SILENT;
  }

  /** Runs on the pool, once it has room. What the task throws is a fault of ours. */
  void onPool(Executor pool, Runnable task) {
    try {
      pool.execute(
          () -> {
            try {
              task.run();
            } catch (Throwable thrown) {
              post(() -> fail(thrown));
            }
          });
    } catch (RejectedExecutionException full) {
      var unused = loop().schedule(POOL_FULL_WAIT, () -> runUnlessOver(() -> onPool(pool, task)));
    }
  }

  /**
   * On the background pool, and also when the handler's life is over: a drain's last snapshot is
   * stored after the handler was abandoned. The task sees to what it throws by itself.
   */
  void inBackgroundEvenIfOver(Runnable task) {
    try {
      environment.background().execute(task);
    } catch (RejectedExecutionException full) {
      var unused = loop().schedule(POOL_FULL_WAIT, () -> inBackgroundEvenIfOver(task));
    }
  }

  void tell(FunctionEvent event) {
    environment.events().accept(event);
  }

  /** These were not done, and are the next owner's. Those that rest are so anyway. */
  void giveBack(List<Position> left) {
    var owed =
        resting.isEmpty()
            ? left
            : left.stream().filter(position -> !resting.contains(position)).toList();
    if (!owed.isEmpty()) {
      context.outcomes().returned(owed);
    }
  }

  /** A record waits for the operator, and is handed over only to be placed; on the worker loop. */
  void rests(Position position) {
    resting.add(position);
  }

  /** Whether a record is handed over only to be placed; on the worker loop. */
  boolean isResting(Position position) {
    return resting.contains(position);
  }

  /** The shard can't be gone on with. */
  void fail(Throwable cause) {
    if (!over) {
      context.outcomes().failed(cause);
    }
  }

  /** Work on the pool, answered as a stage on any thread; never, once the scope is over. */
  static <T> CompletionStage<T> onPool(Scope scope, Supplier<T> work) {
    var done = new CompletableFuture<T>();
    scope.onPool(
        scope.environment.pool(),
        () -> {
          try {
            done.complete(work.get());
          } catch (Throwable thrown) {
            done.completeExceptionally(thrown);
          }
        });
    return done;
  }

  static CompletionStage<Void> onLoop(Scope scope, Runnable work) {
    var done = new CompletableFuture<Void>();
    scope.post(
        () -> {
          work.run();
          done.complete(null);
        });
    return done;
  }

  /**
   * What a task throws is a fault of ours: the shard is given up with its reason, since the step
   * that the task did not make would be missing for ever and nobody would hear of it.
   */
  void runUnlessOver(Runnable task) {
    if (over) {
      return;
    }
    try {
      task.run();
    } catch (Throwable thrown) {
      fail(thrown);
    }
  }
}
