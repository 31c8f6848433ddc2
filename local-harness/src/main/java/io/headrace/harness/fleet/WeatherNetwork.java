package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Weather.Mishap;
import io.headrace.harness.fleet.Weather.Service;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A network that delays, loses, doubles and reorders by chance, as its weather says. */
final class WeatherNetwork implements Network {
  /** What one way takes on a good day, in milliseconds. */
  private static final int WAY_MILLIS_MAX = 12;

  /** When a client gives a request up. */
  private static final int GIVES_UP_AFTER_MILLIS_MIN = 600;

  private static final int GIVES_UP_AFTER_MILLIS_MAX = 3_000;

  /** How long after it was sent a late request, or a second copy, is carried out at most. */
  private static final int LATE_MILLIS_MAX = 12_000;

  private final String who;
  private final EventLoop world;
  private final RandomGenerator random;
  private final Trace trace;
  private final Weather weather;
  private final Map<Mishap, Long> met = new EnumMap<>(Mishap.class);
  private long requests;
  private long tableRequests;

  WeatherNetwork(
      String who, EventLoop world, RandomGenerator random, Trace trace, Weather weather) {
    this.who = who;
    this.world = world;
    this.random = random;
    this.trace = trace;
    this.weather = weather;
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
    return tableRequests;
  }

  @Override
  public boolean readsStale() {
    return chance(Mishap.STALE);
  }

  @Override
  public <T> CompletionStage<T> send(
      Service to,
      String what,
      Supplier<CompletionStage<T>> carryOut,
      Function<String, ? extends RuntimeException> failure) {
    long number = ++requests;
    tableRequests += to == Service.LEASES || to == Service.PROGRESS ? 1 : 0;
    var answer = new CompletableFuture<T>();
    var mishap = mishapFor(to);
    if (mishap == null) {
      trace.tell(who, "#" + number + " " + what);
      after(way(to), () -> answerTo(to, answer, number, carryOut));
      return answer;
    }
    met.merge(mishap, 1L, Long::sum);
    trace.tell(who, "#" + number + " " + what + ": " + mishap);
    Runnable givenUp = () -> answer.completeExceptionally(failure.apply(what + ": no answer"));
    switch (mishap) {
      case DOWN, THROTTLED ->
          after(
              way(to),
              () -> answer.completeExceptionally(failure.apply(what + ": service " + mishap)));
      case LOST, CUT -> after(patience(), givenUp);
      case ANSWER_LOST -> {
        after(way(to), () -> ignoring(number, carryOut));
        after(patience(), givenUp);
      }
      case LATE -> {
        after(late(), () -> ignoring(number, carryOut));
        after(patience(), givenUp);
      }
      case TWICE -> {
        after(way(to), () -> answerTo(to, answer, number, carryOut));
        after(late(), () -> ignoring(number, carryOut));
      }
      case STALE -> throw new AssertionError("asked for apart");
    }
    return answer;
  }

  private @Nullable Mishap mishapFor(Service to) {
    if (weather.isCut(to)) {
      return Mishap.CUT;
    }
    if (weather.isDown(to)) {
      return Mishap.DOWN;
    }
    for (var mishap :
        new Mishap[] {
          Mishap.LOST, Mishap.ANSWER_LOST, Mishap.LATE, Mishap.TWICE, Mishap.THROTTLED
        }) {
      if (chance(mishap)) {
        return mishap;
      }
    }
    return null;
  }

  private <T> void answerTo(
      Service to, CompletableFuture<T> answer, long number, Supplier<CompletionStage<T>> carryOut) {
    trace.tell(who, "#" + number + " arrives");
    carryOut
        .get()
        .whenComplete(
            (value, thrown) ->
                after(
                    wayBack(to),
                    () -> {
                      if (thrown == null) {
                        answer.complete(value);
                      } else {
                        answer.completeExceptionally(thrown);
                      }
                    }));
  }

  private <T> void ignoring(long number, Supplier<CompletionStage<T>> carryOut) {
    trace.tell(who, "#" + number + " arrives, unanswered");
    var unused = carryOut.get();
  }

  private boolean chance(Mishap mishap) {
    int percent = weather.percent(mishap);
    boolean hit = percent > 0 && random.nextInt(100) < percent;
    if (hit && mishap == Mishap.STALE) {
      met.merge(mishap, 1L, Long::sum);
    }
    return hit;
  }

  private Duration way(Service to) {
    return way(weather.slowness(to).outMillis());
  }

  private Duration wayBack(Service from) {
    return way(weather.slowness(from).backMillis());
  }

  private Duration way(int slow) {
    return Duration.ofNanos(
        (1 + random.nextInt(WAY_MILLIS_MAX)) * 1_000_000L
            + random.nextInt(1_000_000)
            + (slow == 0 ? 0 : random.nextInt(slow) * 1_000_000L));
  }

  private Duration patience() {
    return Duration.ofMillis(random.nextInt(GIVES_UP_AFTER_MILLIS_MIN, GIVES_UP_AFTER_MILLIS_MAX));
  }

  private Duration late() {
    return Duration.ofMillis(random.nextInt(LATE_MILLIS_MAX));
  }

  private void after(Duration delay, Runnable task) {
    var unused = world.schedule(delay, task);
  }
}
