package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseException;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the parts of a coordinator share: who they are, where time comes from, and how a request is
 * sent so that its answer comes back to the loop. Lives on the coordinator's loop.
 *
 * <p>When a worker was declared dead it goes on as a new incarnation. Answers and timers of the
 * former life are dropped: nothing that it began is its successor's.
 */
final class Desk {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatCoordinator.class);

  /** Complaints that are remembered; then all may be told again. */
  private static final int COMPLAINTS_MAX = 1_000;

  final LeaseTable table;
  final String application;
  final LeaseSettings settings;
  private final Profile profile;
  private final EventLoop loop;
  private final RandomGenerator random;
  private final String firstLife;
  private Incarnation self;
  private @Nullable Incarnation former;
  private int life;
  private final Reachability reachability;
  private final Set<String> complaints = new HashSet<>();
  private volatile boolean closed;

  Desk(
      LeaseTable table,
      String application,
      Incarnation self,
      LeaseSettings settings,
      Deployment deployment,
      Set<String> streams,
      EventLoop loop,
      RandomGenerator random) {
    this.table = table;
    this.application = application;
    this.self = self;
    this.firstLife = self.life();
    this.settings = settings;
    this.profile = new Profile(settings.capacity(), deployment, loop.now(), streams);
    this.loop = loop;
    this.random = random;
    this.reachability = new Reachability(settings.leaseTime());
  }

  Incarnation self() {
    return self;
  }

  Profile profile() {
    return profile;
  }

  long now() {
    return loop.ticks();
  }

  /** The time of day. */
  Instant time() {
    return loop.now();
  }

  /** Why a row is about to be written, for operators. */
  LeaseReason because(LeaseReason.Kind kind, Object detail) {
    return new LeaseReason(kind, loop.now(), detail.toString());
  }

  /**
   * Unique for all practical purposes among the writes of one item. Ends in the time of day, which
   * tells operators when the item was written last.
   */
  String token() {
    return "%016x".formatted(random.nextLong()) + Stored.TIME + loop.now().getEpochSecond();
  }

  /** A random part of {@code span}, at least half of it. */
  Duration jittered(Duration span) {
    return span.dividedBy(2).plusNanos(random.nextLong(span.toNanos() / 2 + 1));
  }

  void close() {
    closed = true;
  }

  boolean closed() {
    return closed;
  }

  /** Goes on under a new incarnation of the same worker id. */
  void reborn() {
    life++;
    former = self;
    self = new Incarnation(self.workerId(), firstLife + "." + life);
  }

  /** Who this process was before; null in its first life. */
  @Nullable Incarnation former() {
    return former;
  }

  /** Whether the incarnation is, or was, this process. */
  boolean wasOurs(Incarnation who) {
    return who.workerId().equals(self.workerId())
        && (who.life().equals(firstLife) || who.life().startsWith(firstLife + "."));
  }

  /** Runs on the loop unless the coordinator was closed, or reborn, by then. */
  Runnable inThisLife(Runnable task) {
    int born = life;
    return () -> {
      if (!closed && life == born) {
        task.run();
      }
    };
  }

  /** Runs a task that {@link #inThisLife} made; any thread may call. */
  void post(Runnable task) {
    loop.execute(task);
  }

  EventLoop.Scheduled after(Duration delay, Runnable task) {
    return loop.schedule(delay, inThisLife(task));
  }

  /** Reads once: either consumer is called, on the loop. */
  <T> void read(
      Supplier<CompletionStage<T>> call, Consumer<T> then, Consumer<LeaseException> failed) {
    new Attempt<>(call, then, failed, ignored -> {}).send(settings.request());
  }

  /**
   * As {@link #read}, for what is soon sent again and is worth something late: an answer that comes
   * after {@code failed} was called goes to {@code late}.
   */
  <T> void readOrLate(
      Supplier<CompletionStage<T>> call,
      Consumer<T> then,
      Consumer<LeaseException> failed,
      Consumer<T> late) {
    new Attempt<>(call, then, failed, late).send(settings.request());
  }

  /**
   * As {@link #read}, for requests that may be the first on a connection, or must not be missed.
   */
  <T> void readPatiently(
      Supplier<CompletionStage<T>> call, Consumer<T> then, Consumer<LeaseException> failed) {
    new Attempt<>(call, then, failed, ignored -> {}).send(LeaseSettings.REGISTRATION_LIMIT);
  }

  /** Calls once and waits as long as the callee does: for what bounds itself. */
  <T> void call(
      Supplier<CompletionStage<T>> call, Consumer<T> then, Consumer<LeaseException> failed) {
    var onLoop = guard();
    started(call)
        .whenComplete(
            (answer, thrown) ->
                onLoop.accept(
                    () -> {
                      if (thrown == null) {
                        then.accept(answer);
                      } else {
                        failed.accept(failure(thrown));
                      }
                    }));
  }

  /** Sends a write until it is answered: only then is it known what lies in the table. */
  <T extends LeaseItem> void write(
      Supplier<CompletionStage<Written<T>>> call, Consumer<Written<T>> then) {
    new Settling<>(call, then).send();
  }

  /**
   * Sends a read until it is answered; what was edited by hand is waited for until it is mended.
   */
  <T> void readUntilAnswered(Supplier<CompletionStage<T>> call, Consumer<T> then) {
    readUntilAnswered(
        call,
        then,
        edited -> after(jittered(settings.again()), () -> readUntilAnswered(call, then)));
  }

  /**
   * Sends a read until it is answered. An item that can't be understood is an answer too: whoever
   * waited for it to be mended would keep waiting all that comes after it.
   */
  <T> void readUntilAnswered(
      Supplier<CompletionStage<T>> call,
      Consumer<T> then,
      Consumer<UnreadableItemException> unreadable) {
    read(
        call,
        then,
        failure -> {
          if (failure instanceof UnreadableItemException edited) {
            unreadable.accept(edited);
          } else {
            after(jittered(settings.again()), () -> readUntilAnswered(call, then, unreadable));
          }
        });
  }

  /** Reads this worker's heartbeat item, whoever lives in it now, until it is answered. */
  void readOwnItem(Consumer<Optional<Stored<WorkerItem>>> then) {
    readUntilAnswered(() -> table.worker(application, self.workerId()), then);
  }

  <T extends LeaseItem> void create(T item, Consumer<Written<T>> then) {
    var nonce = token();
    write(() -> table.create(application, item, nonce), then);
  }

  <T extends LeaseItem> void update(Stored<T> seen, T next, Consumer<Written<T>> then) {
    var token = token();
    write(() -> table.update(application, seen, next, token), then);
  }

  /** Runs {@code then} once all of {@code tasks} have called the continuation they were given. */
  static void join(List<Consumer<Runnable>> tasks, Runnable then) {
    var left = new ArrayList<>(tasks);
    if (left.isEmpty()) {
      then.run();
      return;
    }
    for (var task : tasks) {
      task.accept(
          () -> {
            if (left.remove(task) && left.isEmpty()) {
              then.run();
            }
          });
    }
  }

  /** Does {@code task} for all items, at most so many at once, then {@code then}. */
  static <T> void inSlices(List<T> items, int size, BiConsumer<T, Runnable> task, Runnable then) {
    if (items.isEmpty()) {
      then.run();
      return;
    }
    int count = Math.min(size, items.size());
    List<Consumer<Runnable>> slice = new ArrayList<>();
    items.subList(0, count).forEach(item -> slice.add(done -> task.accept(item, done)));
    join(slice, () -> inSlices(items.subList(count, items.size()), size, task, then));
  }

  /** A call that throws at once has failed like any other. */
  static <T> CompletionStage<T> started(Supplier<CompletionStage<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException thrown) {
      return CompletableFuture.failedFuture(thrown);
    }
  }

  private LeaseException failure(Throwable thrown) {
    var cause = Stages.causeOf(thrown);
    if (cause instanceof LeaseException already) {
      return already;
    }
    return cause instanceof StreamException
        ? new LeaseException(String.valueOf(cause.getMessage()), cause)
        : new LeaseException(table.name() + ": " + cause, cause);
  }

  private void answered() {
    if (reachability.answered(now())) {
      LOG.info("{} of {}: {} answers again", self, application, table.name());
    }
  }

  private void unanswered(LeaseException failure) {
    if (failure instanceof UnreadableItemException) {
      complain(failure);
    } else if (reachability.unanswered(now())) {
      LOG.warn("{} of {}: {} (trying on)", self, application, failure.getMessage());
    }
  }

  /** Once for each: an item that can't be read is asked for again and again. */
  private void complain(LeaseException failure) {
    if (complaints.size() >= COMPLAINTS_MAX) {
      complaints.clear();
    }
    if (complaints.add(String.valueOf(failure.getMessage()))) {
      LOG.warn("{} of {}: {} (it is left as it is)", self, application, failure.getMessage());
    }
  }

  private LeaseException tooLate(Duration limit) {
    return new LeaseException(table.name() + ": no answer within " + limit.toMillis() + " ms");
  }

  private final class Attempt<T> {
    private final Supplier<CompletionStage<T>> call;
    private final Consumer<T> then;
    private final Consumer<LeaseException> failed;
    private final Consumer<T> late;
    private boolean done;

    Attempt(
        Supplier<CompletionStage<T>> call,
        Consumer<T> then,
        Consumer<LeaseException> failed,
        Consumer<T> late) {
      this.call = call;
      this.then = then;
      this.failed = failed;
      this.late = late;
    }

    void send(Duration within) {
      var limit = after(within, () -> fail(tooLate(within)));
      var onLoop = guard();
      started(call)
          .whenComplete(
              (answer, thrown) ->
                  onLoop.accept(
                      () -> {
                        limit.cancel();
                        if (thrown != null) {
                          fail(failure(thrown));
                        } else if (done) {
                          late.accept(answer);
                        } else {
                          done = true;
                          answered();
                          then.accept(answer);
                        }
                      }));
    }

    private void fail(LeaseException failure) {
      if (!done) {
        done = true;
        unanswered(failure);
        failed.accept(failure);
      }
    }
  }

  /** Lets an answer from any thread into the loop, in the life in which it was asked for. */
  private Consumer<Runnable> guard() {
    int born = life;
    return task ->
        loop.execute(
            () -> {
              if (!closed && life == born) {
                task.run();
              }
            });
  }

  /**
   * One write, sent again under the same token and against the same revision. Copies that arrive
   * late find another revision and change nothing; the first final answer to any copy counts.
   */
  private final class Settling<T extends LeaseItem> {
    private final Supplier<CompletionStage<Written<T>>> call;
    private final Consumer<Written<T>> then;
    private boolean done;
    private int attempt;

    Settling(Supplier<CompletionStage<Written<T>>> call, Consumer<Written<T>> then) {
      this.call = call;
      this.then = then;
    }

    void send() {
      if (done) {
        return; // A late answer to a former copy.
      }
      int mine = ++attempt;
      var within = settings.request();
      var limit = after(within, () -> again(mine, tooLate(within)));
      var onLoop = guard();
      started(call)
          .whenComplete(
              (answer, thrown) ->
                  onLoop.accept(
                      () -> {
                        if (done) {
                          return;
                        }
                        if (thrown != null) {
                          again(mine, failure(thrown));
                          return;
                        }
                        done = true;
                        limit.cancel();
                        answered();
                        then.accept(answer);
                      }));
    }

    private void again(int failed, LeaseException failure) {
      if (done || failed != attempt) {
        return;
      }
      unanswered(failure);
      attempt++;
      after(jittered(settings.again()), this::send);
    }
  }
}
