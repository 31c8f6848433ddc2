package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Weather.Service;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A part of the lease protocol that is small enough for all orders of its messages to be gone
 * through: two workers, two shards, and the moment from which order matters.
 */
enum Protocol {
  /** A worker whose lease loop hung wakes while another declares it dead. */
  BURIAL(
      20,
      Duration.ofSeconds(2),
      EnumSet.of(Service.LEASES),
      world -> {
        var silent = world.start("a");
        world.start("b");
        world.loop().advance(Duration.ofSeconds(4));
        silent.hangLeaseLoop();
        world.loop().advance(Duration.ofSeconds(1));
      },
      world -> true,
      List.of(new Event("a wakes", true, world -> world.processes().get(0).goOn()))),

  /** A worker that holds two shards gives one to a worker that has joined. */
  HAND_OVER(
      22,
      Duration.ofSeconds(4),
      EnumSet.of(Service.LEASES),
      Protocol::oneJoinsAnother,
      world -> isReadyForSomething(world, "b"),
      crashes()),

  /** The taker of a shard has not yet acknowledged it, and the giver takes it back after a time. */
  TAKE_BACK(
      18,
      Duration.ofSeconds(4),
      EnumSet.of(Service.LEASES),
      Protocol::oneJoinsAnother,
      Protocol::isHandedOver,
      crashes()),

  /** Two workers end the parents of a merge at the same time. */
  MERGE_END(
      16,
      Duration.ofSeconds(2),
      EnumSet.of(Service.LEASES, Service.PROGRESS),
      world -> {
        world.start("a");
        world.start("b");
        world.loop().advance(Duration.ofSeconds(4));
        var open = world.stream().openShards();
        world.puts().merge(open.get(0).id(), open.get(1).id());
        world.trace().tell("world", "merges the shards");
      },
      world -> true,
      crashes());

  /**
   * Something that may happen between any two messages, once.
   *
   * @param certain whether it happens in the end in any case; of the others one at most happens
   */
  record Event(String what, boolean certain, Consumer<FleetWorld> how) {}

  private static final int KEYS = 6;
  private static final Duration PUT_EVERY = Duration.ofMillis(190);
  private static final Duration LOOK = Duration.ofMillis(5);

  private final int depthMax;
  private final Duration leaseTime;

  @SuppressWarnings("ImmutableEnumChecker") // never changed
  private final Set<Service> explored;

  @SuppressWarnings("ImmutableEnumChecker") // lambdas that hold nothing
  private final Consumer<FleetWorld> prepare;

  @SuppressWarnings("ImmutableEnumChecker") // lambdas that hold nothing
  private final Predicate<FleetWorld> begins;

  @SuppressWarnings("ImmutableEnumChecker") // a list of records of lambdas that hold nothing
  private final List<Event> events;

  Protocol(
      int depthMax,
      Duration leaseTime,
      Set<Service> explored,
      Consumer<FleetWorld> prepare,
      Predicate<FleetWorld> begins,
      List<Event> events) {
    this.depthMax = depthMax;
    this.leaseTime = leaseTime;
    this.explored = explored;
    this.prepare = prepare;
    this.begins = begins;
    this.events = events;
  }

  /** The name by which it is asked for. */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Those of that name; all for the empty one. */
  static List<Protocol> named(String id) {
    if (id.isEmpty()) {
      return List.of(values());
    }
    for (var protocol : values()) {
      if (protocol.id().equals(id)) {
        return List.of(protocol);
      }
    }
    var ids = List.of(values()).stream().map(Protocol::id).toList();
    throw new IllegalArgumentException("protocol \"" + id + "\": must be one of " + ids);
  }

  /** How many choices one run makes, so that all runs take a minute or two. */
  int depthMax() {
    return depthMax;
  }

  Set<Service> explored() {
    return explored;
  }

  List<Event> events() {
    return events;
  }

  FleetPlan plan() {
    return new FleetPlan(
        2,
        2,
        2,
        KEYS,
        Integer.MAX_VALUE,
        0,
        leaseTime,
        false,
        Duration.ofMillis(500),
        4,
        16,
        0,
        1 << 20,
        false,
        false,
        false,
        0,
        0);
  }

  /** How often the producer puts a record. */
  Duration putEvery() {
    return PUT_EVERY;
  }

  /** Lets the fleet run up to the moment from which order matters. */
  void prepare(FleetWorld world) {
    prepare.accept(world);
    while (!begins.test(world)) {
      world.loop().advance(LOOK);
    }
  }

  private static List<Event> crashes() {
    return List.of(
        new Event("a dies", false, world -> world.processes().get(0).kill()),
        new Event("b dies", false, world -> world.processes().get(1).kill()));
  }

  private static boolean isHandedOver(FleetWorld world) {
    return world.stream().shardsNow().stream()
        .map(shard -> world.feeds().get(0).key(shard.id()))
        .map(key -> world.table().lease(FleetWorld.APPLICATION, key).toCompletableFuture().join())
        .anyMatch(row -> row.filter(lease -> lease.item().from() != null).isPresent());
  }

  private static void oneJoinsAnother(FleetWorld world) {
    world.start("a");
    world.loop().advance(Duration.ofSeconds(4));
    world.start("b");
  }

  private static boolean isReadyForSomething(FleetWorld world, String worker) {
    return world
        .table()
        .book(FleetWorld.APPLICATION, worker)
        .toCompletableFuture()
        .join()
        .filter(book -> !book.item().ready().isEmpty())
        .isPresent();
  }
}
