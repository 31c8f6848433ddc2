package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseCoordinator;
import io.headrace.kcl.LeaseEvent;
import io.headrace.kcl.LeaseException;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shares the shards of some streams among the workers of an application, without a leader. Every
 * worker keeps one heartbeat item alive for all its leases; who falls silent for its lease time is
 * declared dead by a conditional write and its shards are claimed by the others; who leaves in
 * order hands them over; who has more than its share offers some.
 *
 * <p>While the table can't be reached the worker goes on for its lease time, then its leases are
 * invalid until one heartbeat is confirmed. If meanwhile it was declared dead, all leases are lost
 * and it joins again as a new incarnation. If another process took its worker id, all leases are
 * lost and it {@linkplain LeaseEvent.Retired retires}.
 *
 * <p>All methods may be called from any thread. The loop should serve nothing else, so that nothing
 * delays a heartbeat; it stays the caller's. The streams do too.
 */
public final class HeartbeatCoordinator implements LeaseCoordinator {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatCoordinator.class);

  private final EventLoop loop;
  private final List<ShardedStream> streams;
  private final Desk desk;

  /** Many leases come and go at once. */
  private final Gathered leaseNews;

  private final Deployments deployments;
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private @Nullable CompletableFuture<Void> prepared;
  private @Nullable Parts parts;
  private volatile FleetSize size = FleetSize.UNKNOWN;
  private boolean registered;
  private boolean stopping;

  /** What there is once {@link #start} was called. */
  private record Parts(
      Heart heart,
      Roster roster,
      Fleet fleet,
      Leases leases,
      Takes takes,
      Claims claims,
      Gives gives,
      Standby standby,
      Registrar registrar,
      Consumer<LeaseEvent> events) {}

  /**
   * @param application names the fleet within the table; not empty, without {@code !}
   * @param self unique for this start of the worker
   * @param deployment of the code that this worker runs
   * @param loop on which the coordinator lives
   * @param random for tokens and jitter
   */
  public HeartbeatCoordinator(
      LeaseTable table,
      String application,
      Incarnation self,
      List<ShardedStream> streams,
      LeaseSettings settings,
      Deployment deployment,
      EventLoop loop,
      RandomGenerator random) {
    if (application.isEmpty() || application.indexOf('!') >= 0) {
      throw new IllegalArgumentException(
          "application \"" + application + "\": must not be empty nor hold '!'");
    }
    this.loop = Objects.requireNonNull(loop, "loop");
    this.streams = List.copyOf(streams);
    var names = this.streams.stream().map(ShardedStream::name).collect(Collectors.toSet());
    this.desk = new Desk(table, application, self, settings, deployment, names, loop, random);
    this.leaseNews = new Gathered(desk, Duration.ZERO, this::consider);
    this.deployments = new Deployments(deployment);
  }

  @Override
  public void prepare() {
    loop.execute(
        () -> {
          if (parts == null && !desk.closed()) {
            var unused = prepared();
          }
        });
  }

  @Override
  public CompletionStage<Void> start(Consumer<LeaseEvent> events, Consumer<Runnable> turned) {
    loop.execute(() -> begin(events, turned));
    return started.copy();
  }

  private void begin(Consumer<LeaseEvent> events, Consumer<Runnable> turned) {
    if (parts != null || desk.closed()) {
      started.completeExceptionally(
          new LeaseException(
              "the coordinator of " + desk.self() + " was started before: make one"));
      return;
    }
    var made = assemble(events, turned);
    parts = made;
    Consumer<LeaseException> failed =
        failure -> {
          desk.close();
          started.completeExceptionally(failure);
        };
    Desk.join(
        List.of(
            done -> desk.call(this::prepared, ready -> done.run(), failed),
            done -> made.registrar.identify(done, failed)),
        () -> enter(made, failed));
  }

  /** Asks once; what failed before anybody waited for it is tried again. */
  private CompletionStage<Void> prepared() {
    var asked = prepared;
    if (asked == null || asked.isCompletedExceptionally()) {
      asked = Desk.started(desk.table::prepare).toCompletableFuture();
      prepared = asked;
    }
    return asked;
  }

  private void enter(Parts p, Consumer<LeaseException> failed) {
    var identity = new Identity(desk, p.registrar.names(), failed);
    identity.claim(
        () ->
            new Registration(
                    desk,
                    done -> identity.confirm(() -> registered(p, done)),
                    failed,
                    null,
                    this::gone)
                .run());
  }

  private Parts assemble(Consumer<LeaseEvent> events, Consumer<Runnable> turned) {
    var heart = new Heart(desk, turned, this::gone);
    var roster = new Roster(desk, heart::publishRoster);
    var fleet = new Fleet(desk, heart, roster, this::consider);
    var leases = new Leases(desk, heart, roster, events, this::bookGone);
    var takes = new Takes(desk, heart, fleet, roster, leases, events);
    var claims = new Claims(desk, heart, fleet, roster, leases, takes);
    var gives = new Gives(desk, heart, fleet, leases, claims, deployments);
    var standby = new Standby(desk, heart, fleet, roster, leases, takes, claims, gives);
    var duties = new Duties(desk, heart, fleet);
    var sweep = new Sweep(desk, roster, fleet);
    var registrar = new Registrar(desk, roster, duties, sweep, streams, claims::atOnce);
    claims.onForgotten(registrar::audit);
    claims.onDeleted(registrar::deleted);
    registrar.onMade(claims::made);
    registrar.onSaid(this::leaveWhenSettled);
    roster.onChange(claims::consider);
    heart.onAwake(fleet::lookAgainSoon);
    leases.connect(takes::readyShards, fleet::weight, this::leasesChanged);
    fleet.busyWhile(takes::any);
    fleet.noticing(number -> events.accept(new LeaseEvent.OrdersGiven(number)));
    return new Parts(
        heart, roster, fleet, leases, takes, claims, gives, standby, registrar, events);
  }

  private void registered(Parts p, Registration.Done done) {
    registered = true;
    leaseNews.begin();
    p.heart.begin(done.worker(), done.sentAt());
    p.leases.begin(done.book());
    p.roster.begin();
    p.claims.begin();
    p.gives.begin();
    p.standby.begin();
    p.fleet.begin();
    started.complete(null);
    long settleUntil = done.sentAt() + desk.settings.settle().toNanos();
    // Whose chores it is to list the streams is known only after a look at the fleet.
    p.fleet.look(
        () ->
            p.registrar.bringUp(
                () -> {
                  p.registrar.auditLater();
                  desk.after(
                      Duration.ofNanos(Math.max(0, settleUntil - desk.now())),
                      () -> p.fleet.look(p.claims::open));
                }));
    if (stopping) {
      leave(p);
    }
  }

  /** After each look at the fleet. */
  private void consider() {
    var p = parts;
    if (p != null && registered) {
      size = new FleetSize(p.fleet.view().active().size(), p.roster.runnable().size());
      p.fleet.learnWeights(p.leases.book());
      deployments.observe(p.fleet.profiles().values(), p.fleet.booksKnown());
    }
    if (p != null && registered && !stopping) {
      p.takes.consider();
      p.claims.consider();
      p.gives.consider();
      p.standby.consider();
    }
  }

  /** The heartbeat item is another's. */
  private void gone(@Nullable Stored<WorkerItem> found) {
    var p = Objects.requireNonNull(parts);
    p.heart.end();
    registered = false;
    var successor = found == null ? desk.self() : found.item().incarnation();
    boolean buried = successor.equals(desk.self());
    var reason =
        buried
            ? "this worker was silent for its lease time and was declared dead"
            : replacedBy(successor);
    startAnew(p, buried, reason);
  }

  /**
   * Somebody deleted the book by hand. Without one nothing can be claimed or given, and revisions
   * of a new one would begin below those that others know; so this worker does what one does that
   * was declared dead. What it ran ends here and now, so others need not wait for it.
   */
  private void bookGone() {
    var p = Objects.requireNonNull(parts);
    p.heart.end();
    registered = false;
    startAnew(p, true, "this worker's book was deleted from " + desk.table.name());
  }

  private void startAnew(Parts p, boolean again, String reason) {
    LOG.warn("{} of {}: all leases are lost: {}", desk.self(), desk.application, reason);
    desk.reborn();
    deployments.forget();
    p.leases.loseAll(reason);
    p.takes.loseAll(reason);
    if (again && !stopping) {
      registerAgain(p);
    } else {
      retire(p, reason);
    }
  }

  /** Whoever runs this worker has to hear of it, or it would idle for ever and seem well. */
  private void retire(Parts p, String reason) {
    boolean begun = !started.completeExceptionally(new LeaseException(reason));
    if (begun && !stopping) {
      p.events.accept(new LeaseEvent.Retired(reason));
    }
    left();
  }

  private static String replacedBy(Incarnation successor) {
    return "another process registered under this worker id, as " + successor;
  }

  /** Each try is a life of its own: one whose answer was lost may have been registered. */
  private void registerAgain(Parts p) {
    new Registration(
            desk,
            done -> registered(p, done),
            failure ->
                desk.after(
                    desk.jittered(desk.settings.request()),
                    () -> {
                      desk.reborn();
                      registerAgain(p);
                    }),
            successor -> {
              LOG.warn(
                  "{} of {} ends: {} was started under its worker id",
                  desk.self(),
                  desk.application,
                  successor);
              retire(p, replacedBy(successor));
            },
            this::gone)
        .run();
  }

  /** As of the last look at the fleet, a few times in a lease time. Any thread may ask. */
  public FleetSize size() {
    return size;
  }

  @Override
  public void ready(ShardKey shard) {
    onLoop(p -> p.takes.ready(shard));
  }

  @Override
  public void runnable(ShardKey parent, List<Shard> children) {
    var named = List.copyOf(children);
    onLoop(p -> p.registrar.runnable(parent, named));
  }

  @Override
  public void ended(ShardKey shard, LeaseToken token) {
    onLoop(p -> p.leases.end(shard, token, p.registrar::ended));
  }

  @Override
  public void release(ShardKey shard, LeaseToken token) {
    onLoop(p -> p.leases.release(shard, token, null));
  }

  @Override
  public void keep(ShardKey shard, LeaseToken token) {
    onLoop(p -> p.leases.keep(shard, token));
  }

  @Override
  public void throughput(Map<ShardKey, Long> bytesPerSecond) {
    var measured = StableCopy.of(bytesPerSecond);
    onLoop(p -> p.leases.measure(measured));
  }

  /**
   * In which version of its codec a function's state is to be written: the newest that every living
   * worker reads, as long as the codec can write it. From then on what is written goes to no worker
   * that can't read it. Any thread may ask.
   *
   * @param oldest that the codec can write; taken while it is not known of some living worker what
   *     it reads, and where it is newer than what all read
   * @param newest that the codec can write
   */
  public int versionToWrite(String function, int oldest, int newest) {
    return deployments.versionToWrite(function, oldest, newest);
  }

  /** State of this version was read: its shard goes to no worker that can't. From any thread. */
  public void versionFound(String function, int version) {
    deployments.found(function, version);
  }

  @Override
  public void restart(ShardKey shard, LeaseToken token, String reason) {
    onLoop(
        p -> {
          LOG.warn("{} of {} restarts {}: {}", desk.self(), desk.application, shard, reason);
          p.leases.restart(shard, token, reason);
        });
  }

  @Override
  public void giveUp(ShardKey shard, LeaseToken token, String reason) {
    onLoop(
        p -> {
          LOG.warn("{} of {} gives up {}: {}", desk.self(), desk.application, shard, reason);
          p.leases.release(shard, token, reason);
        });
  }

  @Override
  public void draining() {
    onLoop(
        p -> {
          p.heart.drain();
          p.takes.dropUnready();
          p.gives.leave();
        });
  }

  private void onLoop(Consumer<Parts> action) {
    loop.execute(
        () -> {
          var p = parts;
          if (p != null && registered && !desk.closed()) {
            action.accept(p);
          }
        });
  }

  @Override
  public CompletionStage<Void> stop() {
    loop.execute(
        () -> {
          var p = parts;
          if (p == null || !registered || desk.closed()) {
            desk.close();
            stopped.complete(null);
          } else if (!stopping) {
            stopping = true;
            leave(p);
          }
        });
    return stopped.copy();
  }

  /** A table that can't be reached keeps nobody longer than others would wait anyway. */
  private void leave(Parts p) {
    desk.after(desk.settings.leaseTime(), this::left);
    p.takes.dropUnready();
    p.leases.freeAll();
    leasesChanged();
  }

  /** A lease came or went. */
  private void leasesChanged() {
    leaveWhenSettled();
    leaseNews.ask();
  }

  /** Who ended a shard tells of its children first: nobody else would look for them for long. */
  private void leaveWhenSettled() {
    var p = parts;
    if (p != null && stopping && registered && p.leases.settled() && p.registrar.allSaid()) {
      registered = false;
      p.leases.writeBook(() -> p.heart.depart(this::left));
    }
  }

  private void left() {
    desk.close();
    stopped.complete(null);
  }

  @Override
  public void kill() {
    desk.close();
  }
}
