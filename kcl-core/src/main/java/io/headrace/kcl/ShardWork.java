package io.headrace.kcl;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One shard while it is leased: the functions that run in it and their readers. On the worker loop
 * only.
 *
 * <p>Functions read together as far as they can. One that is ready later, begins elsewhere or is
 * too slow for the others has a reader of its own until it has caught up.
 *
 * <p>A run that the operator wants otherwise is halted: it drains and commits. Then another one
 * takes its place, at once or when the operator holds the function no more.
 */
final class ShardWork implements ShardReading.Listener {
  /** How long functions that are ready wait for those that seal or restore. */
  private static final Duration GATHER_MAX = Duration.ofSeconds(1);

  /** While a call is older than this, a drain lets the others go on and waits for it. */
  private static final Duration SLOW_CALL = Duration.ofSeconds(1);

  private static final Duration SLOW_CALL_LOOK = Duration.ofMillis(100);

  /** How long last commits may be tried after a drain's deadline; then the lease goes without. */
  private static final Duration LAST_COMMITS_MAX = Duration.ofSeconds(5);

  /** How long a run that is halted may take over what is under way; then that is interrupted. */
  private static final Duration HALT_MAX = Duration.ofSeconds(1);

  private final ShardPlace place;
  private final ShardedStream stream;
  private final EngineContext engine;
  private final Owner owner;
  private final List<FunctionRunning> functions = new ArrayList<>();
  private final Map<FunctionRunning, ShardReading> readingOf = new HashMap<>();
  private final Set<ShardReading> readings = new LinkedHashSet<>();
  private final Laggards laggards;
  private final Set<FunctionRunning> endedFunctions = new LinkedHashSet<>();
  private long bytesRead;

  /** Under which {@link Directions#generation} each run began. */
  private final Map<FunctionRunning, Long> generations = new HashMap<>();

  private final Set<FunctionRunning> halting = new HashSet<>();
  private final List<HandlerSpec> held = new ArrayList<>();
  private Directions directions;
  private boolean gathered;
  private boolean draining;
  private boolean deadlinePassed;
  private boolean over;

  /** What a shard tells the worker. */
  interface Owner {
    /** A function has ended the shard. */
    void functionEnded(ShardWork work, String function, List<Shard> children);

    /** All functions have ended the shard: this object is done. */
    void ended(ShardWork work);

    /** The drain that was asked for is over: this object is done. */
    void drained(ShardWork work);

    /** Somebody newer owns the shard: this object is done. */
    void fenced(ShardWork work, String by);

    /** The shard can't go on here: this object is done. */
    void failed(ShardWork work, String function, Throwable cause);
  }

  ShardWork(
      ShardPlace place,
      ShardedStream stream,
      EngineContext engine,
      Owner owner,
      Directions directions) {
    this.place = place;
    this.stream = stream;
    this.engine = engine;
    this.owner = owner;
    this.laggards = new Laggards(place, engine);
    this.directions = directions;
  }

  ShardPlace place() {
    return place;
  }

  void begin(List<HandlerSpec> specs) {
    var opened = specs.stream().flatMap(spec -> open(spec).stream()).toList();
    engine.loop().schedule(GATHER_MAX, this::gatherTimeOver);
    opened.forEach(function -> function.tell(new RunEvent.Begun()));
  }

  /** Makes a run that has not begun, unless the function is held. */
  private Optional<FunctionRunning> open(HandlerSpec spec) {
    if (directions.holds(place.key(), spec.name())) {
      held.add(spec);
      engine.listener().accept(new WorkerEvent.FunctionHeld(place.key(), spec.name()));
      return Optional.empty();
    }
    var function = new FunctionRunning(spec, place, engine, this::functionChanged);
    generations.put(function, directions.generation(place.key(), spec.name()));
    functions.add(function);
    return Optional.of(function);
  }

  /** The operator wants something else. */
  void direct(Directions wanted) {
    directions = wanted;
    if (over || draining) {
      return;
    }
    for (var spec : List.copyOf(held)) {
      if (!wanted.holds(place.key(), spec.name())) {
        held.remove(spec);
        begin(spec);
      }
    }
    for (var function : List.copyOf(functions)) {
      boolean another =
          wanted.holds(place.key(), function.name())
              || wanted.generation(place.key(), function.name())
                  > generations.getOrDefault(function, 0L);
      if (another && !over && !function.run().phase().isFinal()) {
        halt(function);
      }
    }
  }

  private void begin(HandlerSpec spec) {
    try {
      open(spec).ifPresent(function -> function.tell(new RunEvent.Begun()));
    } catch (RuntimeException fault) {
      failed(fault); // A factory of the user's that throws.
    }
  }

  /** The others of its reader read on: who drains wants nothing, and would hold them up. */
  private void halt(FunctionRunning function) {
    if (halting.add(function)) {
      leaveReading(function);
      function.tell(new RunEvent.DrainAsked());
      engine.loop().schedule(HALT_MAX, () -> passDeadline(function));
    }
  }

  private void leaveReading(FunctionRunning function) {
    laggards.left(function);
    var reading = readingOf.remove(function);
    if (reading != null) {
      reading.leave(function);
      if (reading.members().isEmpty()) {
        readings.remove(reading);
      }
      if (readings.size() == 1) {
        laggards.together(readings.iterator().next().members(), true);
      }
    }
  }

  /** A run is over and the shard is not: its function begins anew, or is held. */
  private void replace(FunctionRunning former) {
    leaveReading(former);
    halting.remove(former);
    generations.remove(former);
    functions.remove(former);
    begin(former.spec());
  }

  /**
   * Stops in order: nothing new is begun, what runs may finish, and what was done is committed. A
   * slow call holds up only its own key: until it ends, at most for half of the time, all others go
   * on.
   *
   * @param limit after it, what still runs is interrupted and will be delivered again elsewhere
   */
  void drain(Duration limit) {
    if (!over) {
      stopBeginning(engine.loop().ticks() + limit.dividedBy(2).toNanos());
    }
    if (!over) {
      engine.loop().schedule(limit, this::passDeadline);
      engine.loop().schedule(limit.plus(LAST_COMMITS_MAX), this::leaveUncommitted);
    }
  }

  private void stopBeginning(long latest) {
    if (over || draining) {
      return;
    }
    if (engine.loop().ticks() < latest && isSlow()) {
      engine.loop().schedule(SLOW_CALL_LOOK, () -> stopBeginning(latest));
      return;
    }
    draining = true;
    stopReading();
    List.copyOf(functions).stream()
        .filter(function -> !halting.contains(function))
        .forEach(function -> function.tell(new RunEvent.DrainAsked()));
    finishIfDrained();
  }

  /** Whether a drain would have to wait for a call. */
  boolean isSlow() {
    return isSlow(SLOW_CALL);
  }

  /** Whether a call has been under way for longer than this. */
  boolean isSlow(Duration limit) {
    return oldestCall(engine.loop().ticks()).compareTo(limit) > 0;
  }

  /** How much was read since the last time that this was asked. */
  long takeBytesRead() {
    long taken = bytesRead;
    bytesRead = 0;
    return taken;
  }

  @Override
  public void read(long bytes) {
    bytesRead += bytes;
  }

  /** How long the oldest call of a function has been under way; zero without any. */
  private Duration oldestCall(long now) {
    long since = functions.stream().mapToLong(FunctionRunning::callsSince).min().orElse(now);
    return Duration.ofNanos(Math.max(0, now - Math.min(since, now)));
  }

  /** Stops at once and commits nothing. */
  void abandon() {
    if (!over) {
      over = true;
      stopReading();
      functions.forEach(function -> function.tell(new RunEvent.Abandoned()));
    }
  }

  /** Whether a record was settled since this was last asked. */
  boolean hasProgressed() {
    boolean has = false;
    for (var function : functions) {
      has |= function.watched().hasProgressed();
    }
    return has;
  }

  /** The first function that has shown no sign of life for too long; to be asked now and then. */
  Optional<Stall> stalledFor(Duration patience) {
    if (over || draining) {
      return Optional.empty();
    }
    // All are looked at, since each look counts; what does not end by itself comes first.
    return functions.stream()
        .map(function -> function.stalledFor(patience))
        .flatMap(Optional::stream)
        .toList()
        .stream()
        .min(Comparator.comparing(Stall::endsByItself));
  }

  WorkerStatus.ShardStatus status() {
    return new WorkerStatus.ShardStatus(
        place.key(),
        place.tenure().token(),
        readings.stream().mapToLong(ShardReading::heldBytes).sum(),
        functions.stream().map(this::statusOf).toList(),
        held.stream().map(HandlerSpec::name).toList());
  }

  private WorkerStatus.FunctionStatus statusOf(FunctionRunning function) {
    var reading = Optional.ofNullable(readingOf.get(function));
    var run = function.run();
    return new WorkerStatus.FunctionStatus(
        function.name(),
        run.phase(),
        reading.map(ShardReading::phase),
        laggards.contains(function),
        reading.flatMap(ShardReading::readThrough),
        Optional.ofNullable(run.committedThrough()),
        reading.map(ShardReading::behind),
        run.buffered(),
        run.inFlight(),
        run.resting(),
        function.watched().lasted(engine.loop().ticks()),
        Optional.ofNullable(run.oldest()).map(held -> held.record().arrivedAt()),
        function.book.uncommitted(),
        function.keys());
  }

  private void functionChanged(FunctionRunning function) {
    if (over) {
      return;
    }
    switch (function.run().phase()) {
      case RUNNING -> feed(function);
      case ENDED -> functionEnded(function);
      case FENCED -> {
        abandon();
        owner.fenced(this, String.valueOf(function.run().fencedBy()));
      }
      case FAILED -> {
        abandon();
        var unknown = new IllegalStateException("run of " + place + " failed without a cause");
        owner.failed(this, function.name(), function.failure().orElse(unknown));
      }
      case STOPPED -> {
        if (draining) {
          finishIfDrained();
        } else {
          replace(function);
        }
      }
      case SEALING, WAITING_FOR_PARENTS, RESTORING, FINISHING, ENDING, DRAINING, COMMITTING_LAST ->
          gather();
    }
  }

  private void feed(FunctionRunning function) {
    var reading = readingOf.get(function);
    if (reading == null) {
      gather();
    } else {
      reading.seekDemand();
    }
  }

  private void functionEnded(FunctionRunning function) {
    if (!endedFunctions.add(function)) {
      return;
    }
    leaveReading(function);
    owner.functionEnded(this, function.name(), function.run().children());
    if (endedFunctions.size() == functions.size() && held.isEmpty()) {
      over = true;
      stopReading();
      owner.ended(this);
    } else {
      finishIfDrained();
      gather();
    }
  }

  private void gatherTimeOver() {
    gathered = true;
    gather();
  }

  /** Finds readers for those who are ready and have none. */
  private void gather() {
    if (over || draining) {
      return;
    }
    // A function that is alone holds up nobody: its reader is made while it restores.
    boolean alone = functions.size() == 1;
    var ready =
        functions.stream()
            .filter(f -> !readingOf.containsKey(f) && isReady(f.run().phase(), alone))
            .toList();
    boolean othersPrepare = !alone && functions.stream().anyMatch(ShardWork::isPreparing);
    if (ready.isEmpty() || (!gathered && othersPrepare)) {
      return;
    }
    gathered = true;
    // A position can't be compared with a time, and a reader that begins at the horizon could not
    // tell a function that resumes of a gap.
    var resuming =
        ready.stream()
            .collect(
                Collectors.partitioningBy(
                    f -> f.run().readFrom() instanceof StartingPosition.After));
    resuming.values().stream()
        .filter(group -> !group.isEmpty())
        .forEach(group -> read(group, engine.budget().open()));
  }

  private static boolean isReady(RunPhase phase, boolean alone) {
    return phase == RunPhase.RUNNING || (alone && phase == RunPhase.RESTORING);
  }

  private static boolean isPreparing(FunctionRunning function) {
    var phase = function.run().phase();
    return phase == RunPhase.SEALING || phase == RunPhase.RESTORING;
  }

  private void read(List<FunctionRunning> group, ByteBudget.Account account) {
    var from = Earliest.of(group.stream().map(function -> function.run().readFrom()).toList());
    var reading = new ShardReading(stream, place, from, account, engine, this);
    readings.add(reading);
    for (var function : group) {
      reading.join(function);
      readingOf.put(function, reading);
    }
    reading.begin();
  }

  /** Two readers that have come to the same place go on as one. */
  @Override
  public void advanced(ShardReading reading, Optional<Position> before) {
    for (var other : List.copyOf(readings)) {
      if (other == reading || other.phase().isFinal() || reading.phase().isFinal()) {
        continue;
      }
      var theirs = other.readThrough();
      boolean overtook =
          theirs.isPresent()
              && before.filter(position -> position.compareTo(theirs.get()) >= 0).isEmpty()
              && reading.readThrough().filter(p -> p.compareTo(theirs.get()) >= 0).isPresent();
      if (overtook) {
        for (var member : reading.members()) {
          other.join(member);
          readingOf.put(member, other);
          reading.leave(member);
        }
        readings.remove(reading);
        laggards.together(other.members(), readings.size() == 1);
        other.seekDemand();
      }
    }
  }

  @Override
  public void waitedTooLong(ShardReading reading, List<FunctionRunning> slower) {
    var account = reading.exchangeAccount();
    for (var function : slower) {
      function.tell(new RunEvent.LeftBehind());
      if (!over) {
        reading.leave(function);
        laggards.leftBehind(function);
        read(List.of(function), account);
        account = engine.budget().open();
      }
    }
    account.close();
  }

  @Override
  public void failed(Throwable cause) {
    if (!over) {
      abandon();
      var names = functions.stream().map(FunctionRunning::name).collect(Collectors.joining(", "));
      owner.failed(this, names, cause);
    }
  }

  private void passDeadline() {
    if (over || deadlinePassed) {
      return;
    }
    deadlinePassed = true;
    List.copyOf(functions).forEach(this::passDeadline);
  }

  private void passDeadline(FunctionRunning function) {
    switch (function.run().phase()) {
      case DRAINING, COMMITTING_LAST, ENDING -> function.tell(new RunEvent.DeadlinePassed());
      default -> {
        // It has left already.
      }
    }
  }

  /** What can't be committed here is delivered again by the next owner, which waits for us. */
  private void leaveUncommitted() {
    if (!over) {
      abandon();
      owner.drained(this);
    }
  }

  private void finishIfDrained() {
    if (draining && !over && functions.stream().allMatch(f -> f.run().phase().isFinal())) {
      over = true;
      owner.drained(this);
    }
  }

  private void stopReading() {
    List.copyOf(readings).forEach(ShardReading::stop);
  }
}
