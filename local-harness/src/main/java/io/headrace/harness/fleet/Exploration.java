package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One run of a {@link Protocol} by a script of choices: which message comes next, which is lost,
 * which comes late, which way stands still, and when something happens from outside. What the
 * script does not say is as on a good day. On the caller's thread.
 */
final class Exploration {
  private static final Duration LOOK = Duration.ofMillis(250);
  private static final int CALM_LEASE_TIMES_MAX = 8;

  /** Of the messages that may come next so many are tried, the oldest of each process first. */
  private static final int NEXT_MAX = 4;

  private final Protocol protocol;
  private final FleetWorld world;
  private final Post post;
  private final RandomGenerator producer = new SplittableRandom(1);
  private final List<Protocol.Event> events;
  private final ToIntFunction<List<Option>> chooser;
  private boolean putting = true;

  /**
   * What may be chosen.
   *
   * @param unusual whether it counts against the bound of what may go wrong in one run
   */
  record Option(String what, boolean unusual, Runnable how) {}

  /** Thrown by a chooser that knows what comes from here on. */
  static final class Known extends RuntimeException {
    private static final long serialVersionUID = 1;

    Known() {
      super("known", null, false, false);
    }
  }

  /** Answered by a chooser that has no more choices to make. */
  static final int NO_MORE = -1;

  /**
   * @param chooser given what may come next, with what happens on a good day first; answers its
   *     place, or {@link #NO_MORE}
   */
  Exploration(Protocol protocol, Plant plant, ToIntFunction<List<Option>> chooser) {
    this.protocol = protocol;
    this.chooser = chooser;
    events = new ArrayList<>(protocol.events());
    var posts = new ArrayList<Post>();
    world =
        new FleetWorld(
            SimulatedLoop.inOrder(FleetWorld.BEGIN),
            protocol.plan(),
            new ProbeWorkload(),
            plant,
            new SplittableRandom(7),
            (process, random) -> posts.get(0).networkOf(process));
    post = new Post(world, protocol.explored());
    posts.add(post);
    world.mood().steady();
  }

  /** Runs it; null when every promise was kept, or when the chooser knew the rest. */
  Verdicts.@Nullable Violation run() {
    try {
      produce();
      protocol.prepare(world);
      explore();
      finish();
      return null;
    } catch (Verdicts.Broken broken) {
      return broken.violation();
    } catch (Known known) {
      return null;
    }
  }

  List<String> lastEvents() {
    return world.trace().lastEvents();
  }

  /** Of everything that decides how the run goes on. */
  long state() {
    long lives = 0;
    for (var process : world.processes()) {
      lives = lives * 31 + process.life().name().hashCode();
    }
    return post.hash() * 31 + lives * 7 + events.size();
  }

  private void produce() {
    if (putting) {
      var next = world.workload().next(world, world.feeds().get(0), producer);
      var unused = world.puts().put(next.key(), next.bytes(), next.fate());
      var again = world.loop().schedule(protocol.putEvery(), this::produce);
      assert again != null;
    }
  }

  private void explore() {
    post.explore();
    long until = world.loop().ticks() + protocol.plan().leaseTime().toNanos() * 3;
    while (world.loop().ticks() < until) {
      world.loop().runUntilIdle();
      var next = post.deliverable();
      if (next.isEmpty()) {
        world.loop().advance(world.loop().nextDue().orElse(LOOK));
      } else if (next.get(0).isQuiet()) {
        post.deliver(next.get(0));
      } else {
        var options = options(next);
        int choice = chooser.applyAsInt(options);
        if (choice == NO_MORE) {
          return;
        }
        var option = options.get(choice);
        if (choice > 0) {
          world.trace().tell("choice", option.what());
        }
        option.how().run();
      }
    }
  }

  private List<Option> options(List<Post.Message> next) {
    var options = new ArrayList<Option>();
    var oldest = next.get(0);
    options.add(new Option("deliver " + oldest, false, () -> post.deliver(oldest)));
    for (var event : events) {
      options.add(new Option(event.what(), false, () -> happen(event)));
    }
    for (var late : post.late()) {
      options.add(new Option("late " + late, false, () -> post.deliver(late)));
    }
    for (var way : post.stalled()) {
      options.add(new Option("release " + way, false, () -> post.release(way)));
    }
    next.stream()
        .skip(1)
        .limit(NEXT_MAX)
        .forEach(
            other -> options.add(new Option("first " + other, true, () -> post.deliver(other))));
    options.add(new Option("lose " + oldest, true, () -> post.lose(oldest)));
    options.add(new Option("delay " + oldest, true, () -> post.delay(oldest)));
    options.add(new Option("stall at " + oldest, true, () -> post.stall(oldest.way)));
    return options;
  }

  private void happen(Protocol.Event event) {
    world.trace().tell("world", event.what());
    if (event.certain()) {
      events.remove(event);
    } else {
      events.removeIf(other -> !other.certain());
    }
    event.how().accept(world);
  }

  private void finish() {
    post.endExploring();
    events.stream().filter(Protocol.Event::certain).toList().forEach(this::happen);
    // Whoever was told nothing for long still has to find out what it is.
    world.loop().advance(protocol.plan().leaseTime().multipliedBy(2));
    putting = false;
    var limit = protocol.plan().leaseTime().multipliedBy(CALM_LEASE_TIMES_MAX);
    long until = world.loop().ticks() + limit.toNanos();
    for (var missing = Completion.missingIn(world);
        missing != null;
        missing = Completion.missingIn(world)) {
      if (world.loop().ticks() > until) {
        world
            .verdicts()
            .broken(
                Promise.LIVENESS,
                limit.toSeconds()
                    + " s after the last choice: "
                    + missing
                    + world.leases().describe());
        world.verdicts().check();
      }
      world.loop().advance(LOOK);
    }
  }
}
