package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Weather.Mishap;
import io.headrace.harness.fleet.Weather.Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All requests and answers that are under way in an explored fleet: each takes no time by itself,
 * and comes when whoever explores says so. On the world's loop only.
 *
 * <p>A process is determined by what it was told and when, and a service by what it was asked and
 * what it answered; so {@link #hash} of both tells two states apart, whatever lies inside.
 */
final class Post {
  /** When a client gives a request up that was not answered. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final Comparator<Message> ORDER =
      Comparator.<Message>comparingInt(message -> message.way.process)
          .thenComparingLong(message -> message.number)
          .thenComparing(message -> message.way.outward);

  private final FleetWorld world;
  private final Set<Service> explored;
  private final List<Message> pending = new ArrayList<>();
  private final List<Message> late = new ArrayList<>();
  private final Set<Way> stalled = new HashSet<>();
  private final List<Long> told = new ArrayList<>();
  private final Map<String, String> lastRead = new HashMap<>();
  private long services;
  private boolean exploring;

  /** One direction between one process and what it talks to. */
  record Way(int process, boolean outward) {}

  /** A request or an answer. */
  static final class Message {
    final Way way;
    final long number;
    final String what;
    private final Runnable arrive;
    private final BooleanSupplier quiet;

    private Message(Way way, long number, String what, Runnable arrive, BooleanSupplier quiet) {
      this.way = way;
      this.number = number;
      this.what = what;
      this.arrive = arrive;
      this.quiet = quiet;
    }

    /** Of a read that brings what the last one brought: it might as well not have been sent. */
    boolean isQuiet() {
      return quiet.getAsBoolean();
    }

    long hash() {
      return mixed(mixed(way.hashCode(), number), what.hashCode());
    }

    @Override
    public String toString() {
      return (way.outward ? "request " : "answer to ") + "#" + number + " of " + way.process;
    }
  }

  /**
   * @param explored services whose messages are put in order by choice; others answer at once
   */
  Post(FleetWorld world, Set<Service> explored) {
    this.world = world;
    this.explored = explored;
  }

  /** From now on messages wait for {@link #deliver}. */
  void explore() {
    exploring = true;
  }

  /** Nothing is held back any more. */
  void endExploring() {
    exploring = false;
    stalled.clear();
    pending.addAll(late);
    late.clear();
    pending.sort(ORDER);
    while (!pending.isEmpty()) {
      deliver(pending.get(0));
      world.loop().runUntilIdle();
    }
  }

  /** What may come next, in an order that does not depend on how it came about. */
  List<Message> deliverable() {
    return pending.stream().filter(message -> !stalled.contains(message.way)).toList();
  }

  List<Message> late() {
    return List.copyOf(late);
  }

  List<Way> stalled() {
    return stalled.stream()
        .sorted(Comparator.comparingInt(Way::process).thenComparing(Way::outward))
        .toList();
  }

  void deliver(Message message) {
    pending.remove(message);
    late.remove(message);
    message.arrive.run();
  }

  void lose(Message message) {
    pending.remove(message);
  }

  /** It comes later, by {@link #deliver}, or at the end. */
  void delay(Message message) {
    pending.remove(message);
    late.add(message);
  }

  /** Nothing comes through this way until {@link #release}. */
  void stall(Way way) {
    stalled.add(way);
  }

  /** What has waited in it comes again, the oldest now. */
  void release(Way way) {
    stalled.remove(way);
    pending.stream()
        .filter(message -> message.way.equals(way))
        .findFirst()
        .ifPresent(this::deliver);
  }

  /** Of everything that decides how this goes on. */
  long hash() {
    long hash = mixed(world.loop().ticks(), services);
    for (var process : told) {
      hash = mixed(hash, process);
    }
    for (var message : pending) {
      hash = mixed(hash, message.hash());
    }
    for (var message : late) {
      hash = mixed(hash, ~message.hash());
    }
    for (var way : stalled()) {
      hash = mixed(hash, way.hashCode());
    }
    return hash;
  }

  private static long mixed(long a, long b) {
    long x = a * 0x9e3779b97f4a7c15L + b;
    x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
    return x ^ (x >>> 27);
  }

  Network networkOf(SimulatedProcess process) {
    told.add(0L);
    return new Line(process.name(), told.size() - 1);
  }

  private final class Line implements Network {
    private final String name;
    private final int process;
    private final Map<Mishap, Long> met = new EnumMap<>(Mishap.class);
    private long requests;

    Line(String name, int process) {
      this.name = name;
      this.process = process;
    }

    @Override
    public <T> CompletionStage<T> send(
        Service to,
        String what,
        Supplier<CompletionStage<T>> carryOut,
        Function<String, ? extends RuntimeException> failure) {
      long number = ++requests;
      world.trace().tell(name, "#" + number + " " + what);
      var answer = new CompletableFuture<T>();
      if (exploring && explored.contains(to)) {
        limit(what, answer, failure);
      }
      boolean read = to == Service.LEASES && isRead(what);
      post(
          to,
          new Message(
              new Way(process, true),
              number,
              what,
              () -> carriedOut(to, number, what, carryOut, answer),
              () ->
                  read
                      && String.valueOf(carryOut.get().toCompletableFuture().join())
                          .equals(lastRead.get(process + what))));
      return answer;
    }

    private <T> void limit(
        String what,
        CompletableFuture<T> answer,
        Function<String, ? extends RuntimeException> failure) {
      var limit =
          world
              .loop()
              .schedule(
                  PATIENCE,
                  () -> answer.completeExceptionally(failure.apply(what + ": no answer")));
      var unused = answer.whenComplete((done, thrown) -> limit.cancel());
    }

    private <T> void carriedOut(
        Service to,
        long number,
        String what,
        Supplier<CompletionStage<T>> carryOut,
        CompletableFuture<T> answer) {
      world.trace().tell(name, "#" + number + " arrives");
      carryOut
          .get()
          .whenComplete(
              (value, thrown) -> {
                // What streams and chunks hold has no text; it follows from what is counted here.
                boolean counts = exploring && (to == Service.LEASES || to == Service.PROGRESS);
                var text = counts ? String.valueOf(thrown == null ? value : thrown) : "";
                boolean quiet = false;
                if (counts && to == Service.LEASES && isRead(what)) {
                  quiet = text.equals(lastRead.put(process + what, text));
                } else if (counts) {
                  services +=
                      mixed(mixed(process, number), mixed(what.hashCode(), text.hashCode()));
                }
                boolean nothingNew = quiet;
                post(
                    to,
                    new Message(
                        new Way(process, false),
                        number,
                        what,
                        () -> answered(number, text, value, thrown, answer),
                        () -> nothingNew));
              });
    }

    private <T> void answered(
        long number,
        String text,
        @Nullable T value,
        @Nullable Throwable thrown,
        CompletableFuture<T> answer) {
      long moment = mixed(world.loop().ticks(), number);
      told.set(process, mixed(told.get(process), mixed(moment, text.hashCode())));
      if (thrown != null) {
        answer.completeExceptionally(thrown);
      } else {
        complete(answer, value);
      }
    }

    @SuppressWarnings("NullAway") // a stage of Void is completed with null
    private static <T> void complete(CompletableFuture<T> answer, @Nullable T value) {
      answer.complete(value);
    }

    private void post(Service to, Message message) {
      if (exploring && explored.contains(to)) {
        pending.add(message);
        pending.sort(ORDER);
      } else {
        world.loop().execute(message.arrive);
      }
    }

    private static boolean isRead(String what) {
      return !what.startsWith("update") && !what.startsWith("create") && !what.startsWith("beat");
    }

    @Override
    public boolean readsStale() {
      return false;
    }

    @Override
    public Map<Mishap, Long> met() {
      return met;
    }

    @Override
    public long requests() {
      return requests;
    }

    @Override
    public long tableRequests() {
      return requests;
    }
  }

  @Override
  public String toString() {
    return Objects.toString(pending);
  }
}
