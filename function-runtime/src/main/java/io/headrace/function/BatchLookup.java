package io.headrace.function;

import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks values up for many records at once: what concurrent calls of a function ask for goes to the
 * service in one call, and answers may be kept for a while.
 *
 * <pre>{@code
 * BatchLookup<String, Customer> customers =
 *     BatchLookup.of(crm::customers) // Set<String> -> CompletionStage<Map<String, Customer>>
 *         .upTo(100, Duration.ofMillis(5))
 *         .cachingFor(Duration.ofMinutes(10), 50_000);
 * }</pre>
 *
 * <p>A key that the answer lacks has no value, which is cached as a value is; where a service may
 * leave keys unanswered, say so by {@link #answeringAll}. A call that fails fails for its keys
 * alone, is not cached, and the next who asks for one of them makes another. Keys that are asked
 * for while a call for them is under way share it.
 *
 * <p>Any thread may ask. One instance for all calls of a function; the methods that change an
 * option answer another instance, with a cache of its own. What waits is bounded by who asks: a
 * function by its {@link FunctionSpec.Options#inFlight}.
 *
 * @param <K> keys; values with {@code equals} and {@code hashCode}
 * @param <V> values; shared, so treat them as immutable
 */
public final class BatchLookup<K, V> {
  /**
   * What was asked so far.
   *
   * @param asks calls of {@link BatchLookup#get}
   * @param hits of those, answered from the cache
   * @param shared of those, that joined a call which others had made or were about to make
   * @param calls of the service
   * @param keys in these calls
   * @param failures calls that failed
   * @param entries in the cache, negative ones among them
   */
  public record Figures(
      long asks, long hits, long shared, long calls, long keys, long failures, int entries) {}

  private static final int KEYS_DEFAULT = 100;
  private static final Duration WAIT_DEFAULT = Duration.ofMillis(5);
  private static final Duration LIMIT_DEFAULT = Duration.ofSeconds(10);
  private static final int KEYS_MAX = 10_000;
  private static final int ENTRIES_MAX = 10_000_000;
  private static final Duration WAIT_MAX = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration AGE_MAX = Duration.ofDays(365);

  /**
   * How it asks.
   *
   * @param entries 0 where nothing is cached
   * @param loop null for the shared one
   */
  private record Options(
      int keysMax,
      Duration orAfter,
      Duration limit,
      Duration age,
      int entries,
      boolean answeringAll,
      @Nullable EventLoop loop) {}

  /** Keys that go to the service together. */
  private final class Request {
    final Map<K, CompletableFuture<Optional<V>>> waiting = new LinkedHashMap<>();
    EventLoop.@Nullable Scheduled timer;
  }

  private record Known<T>(Optional<T> value, long sinceTicks) {}

  private final Function<Set<K>, ? extends CompletionStage<? extends Map<K, V>>> service;
  private final Options options;

  // Guarded by this.
  private final LinkedHashMap<K, Known<V>> cache;
  private final Map<K, CompletableFuture<Optional<V>>> underWay = new HashMap<>();
  private @Nullable Request open;
  private long asks;
  private long hits;
  private long shared;
  private long calls;
  private long keys;
  private long failures;

  private BatchLookup(
      Function<Set<K>, ? extends CompletionStage<? extends Map<K, V>>> load, Options options) {
    this.service = Objects.requireNonNull(load, "load");
    this.options = options;
    this.cache = new LinkedHashMap<>(16, 0.75f, true);
  }

  /**
   * Looks up by {@code load}: at most 100 keys a call, 5 ms after the first, nothing cached, 10 s
   * for an answer, unless the other methods say so.
   *
   * @param load gets at least one key and answers a stage without waiting for it; called by a
   *     thread that asks, or by one of 32 that all look-ups share
   */
  public static <K, V> BatchLookup<K, V> of(
      Function<Set<K>, ? extends CompletionStage<? extends Map<K, V>>> load) {
    return new BatchLookup<>(
        load,
        new Options(KEYS_DEFAULT, WAIT_DEFAULT, LIMIT_DEFAULT, Duration.ZERO, 0, false, null));
  }

  /**
   * How many keys go in one call, and how long the first of them waits for others.
   *
   * @param keys 1 to 10,000
   * @param orAfter 0 to 1 min; what a record's latency grows by at most
   */
  public BatchLookup<K, V> upTo(int keys, Duration orAfter) {
    require(keys >= 1 && keys <= KEYS_MAX, "upTo " + keys + " keys: 1 to " + KEYS_MAX);
    requireWithin("upTo, orAfter", orAfter, Duration.ZERO, WAIT_MAX);
    var now = options;
    return with(
        new Options(keys, orAfter, now.limit, now.age, now.entries, now.answeringAll, now.loop));
  }

  /**
   * Keeps answers, also that a key has no value; those that were asked for last, when there are too
   * many.
   *
   * @param age 1 ms to 365 days
   * @param entries 1 to 10,000,000
   */
  public BatchLookup<K, V> cachingFor(Duration age, int entries) {
    requireWithin("cachingFor, age", age, Duration.ofMillis(1), AGE_MAX);
    require(
        entries >= 1 && entries <= ENTRIES_MAX,
        "cachingFor " + entries + " entries: 1 to " + ENTRIES_MAX);
    var now = options;
    return with(
        new Options(now.keysMax, now.orAfter, now.limit, age, entries, now.answeringAll, now.loop));
  }

  /**
   * How long a call may take: with no answer by then it has failed, and what it still answers is
   * dropped.
   *
   * @param limit 1 ms to 1 h
   */
  public BatchLookup<K, V> timingOutAfter(Duration limit) {
    requireWithin("timingOutAfter", limit, Duration.ofMillis(1), HOUR);
    var now = options;
    return with(
        new Options(
            now.keysMax, now.orAfter, limit, now.age, now.entries, now.answeringAll, now.loop));
  }

  /**
   * The service answers for each key: one that the map lacks fails with a {@link LookupException}
   * that names it, as for a service that leaves keys unprocessed under load. That there is no value
   * is then told by a null in the map.
   */
  public BatchLookup<K, V> answeringAll() {
    var now = options;
    return with(
        new Options(now.keysMax, now.orAfter, now.limit, now.age, now.entries, true, now.loop));
  }

  /** Waits and ages on this loop instead of one that all look-ups share; for simulations. */
  public BatchLookup<K, V> timedBy(EventLoop loop) {
    var now = options;
    return with(
        new Options(
            now.keysMax,
            now.orAfter,
            now.limit,
            now.age,
            now.entries,
            now.answeringAll,
            Objects.requireNonNull(loop, "loop")));
  }

  private BatchLookup<K, V> with(Options other) {
    return new BatchLookup<>(service, other);
  }

  /**
   * The value of a key; empty where it has none.
   *
   * @return the caller's own stage: cancelling it, as a time-out does, leaves others alone. It
   *     fails with what the call failed with, in a {@link CompletionException} that names the key,
   *     so that it is classified by its cause
   */
  public CompletionStage<Optional<V>> get(K key) {
    Objects.requireNonNull(key, "key");
    CompletableFuture<Optional<V>> answer;
    Request full = null;
    synchronized (this) {
      asks++;
      var known = known(key);
      if (known != null) {
        hits++;
        return CompletableFuture.completedFuture(known.value);
      }
      var asked = underWay.get(key);
      if (asked != null) {
        shared++;
        return asked.copy();
      }
      answer = new CompletableFuture<>();
      underWay.put(key, answer);
      var call = open;
      if (call == null) {
        call = begin();
      }
      call.waiting.put(key, answer);
      if (call.waiting.size() >= options.keysMax || options.orAfter.isZero()) {
        full = close(call);
      }
    }
    var mine = answer.copy();
    if (full != null) {
      load(full, limit(full));
    }
    return mine;
  }

  /** As of now. */
  public synchronized Figures figures() {
    return new Figures(asks, hits, shared, calls, keys, failures, cache.size());
  }

  private @Nullable Known<V> known(K key) {
    var known = cache.get(key);
    if (known == null) {
      return null;
    }
    if (loop().ticks() - known.sinceTicks >= options.age.toNanos()) {
      cache.remove(key);
      return null;
    }
    return known;
  }

  /** The caller holds the lock. */
  private Request begin() {
    var call = new Request();
    open = call;
    if (options.keysMax > 1 && !options.orAfter.isZero()) {
      call.timer = loop().schedule(options.orAfter, () -> due(call));
    }
    return call;
  }

  private void due(Request call) {
    synchronized (this) {
      if (open != call) {
        return;
      }
      close(call);
    }
    long began = limit(call);
    if (options.loop == null) {
      LookupThreads.load(() -> load(call, began), refused -> failed(call, refused));
    } else {
      load(call, began);
    }
  }

  /** The caller holds the lock, and asks when it holds it no more. */
  private Request close(Request call) {
    open = null;
    calls++;
    keys += call.waiting.size();
    if (call.timer != null) {
      call.timer.cancel();
    }
    call.timer = null;
    return call;
  }

  /** Begins the time in which the service is to answer. */
  private long limit(Request call) {
    call.timer = loop().schedule(options.limit, () -> late(call));
    return loop().ticks();
  }

  private void load(Request call, long began) {
    if (!isUnderWay(call)) {
      return; // It was out of time before there was a thread for it.
    }
    try {
      var asked = Collections.unmodifiableSet(call.waiting.keySet());
      var answer = Objects.requireNonNull(service.apply(asked), "the look-up answered no stage");
      var unused =
          answer.whenComplete(
              (values, thrown) -> {
                if (thrown != null) {
                  failed(call, Stages.causeOf(thrown));
                } else if (values == null) {
                  failed(call, new LookupException("the look-up answered null instead of a map"));
                } else {
                  answered(call, values, began);
                }
              });
    } catch (Throwable thrown) {
      // Whatever it is fails the records that asked; a fatal one is told by their failure.
      failed(call, thrown);
    }
  }

  private void late(Request call) {
    var why =
        new LookupException(
            "the look-up gave no answer within "
                + options.limit
                + " for "
                + call.waiting.size()
                + " keys");
    if (options.loop == null) {
      // What the user has hung on the answers runs with it.
      LookupThreads.end(() -> failed(call, why));
    } else {
      failed(call, why);
    }
  }

  /** Its age counts from when it was asked for: the value may be as old. */
  private void answered(Request call, Map<K, V> values, long began) {
    var missing = new ArrayList<K>();
    var found = new HashMap<K, Optional<V>>();
    try {
      for (var key : call.waiting.keySet()) {
        if (options.answeringAll && !values.containsKey(key)) {
          missing.add(key);
        } else {
          found.put(key, Optional.ofNullable(values.get(key)));
        }
      }
    } catch (Throwable thrown) {
      // A map of the user's own making.
      failed(call, thrown);
      return;
    }
    synchronized (this) {
      if (!end(call)) {
        return;
      }
      if (!missing.isEmpty()) {
        failures++;
      }
      if (options.entries > 0) {
        found.forEach((key, value) -> cache.put(key, new Known<>(value, began)));
        trim();
      }
    }
    found.forEach((key, value) -> answerOf(call, key).complete(value));
    for (var key : missing) {
      answerOf(call, key)
          .completeExceptionally(
              new LookupException(
                  "look-up of "
                      + said(() -> key)
                      + ": the service answered for "
                      + found.size()
                      + " of "
                      + call.waiting.size()
                      + " keys, and not for this one"));
    }
  }

  private void failed(Request call, Throwable cause) {
    synchronized (this) {
      if (!end(call)) {
        return;
      }
      failures++;
    }
    var reason = said(cause::getMessage);
    call.waiting.forEach(
        (key, answer) ->
            answer.completeExceptionally(
                new CompletionException(
                    "look-up of "
                        + said(() -> key)
                        + " in a call for "
                        + call.waiting.size()
                        + " keys: "
                        + reason,
                    cause)));
  }

  /** Keys and exceptions are of the user's making: one that can't be shown keeps nobody waiting. */
  private static String said(Supplier<@Nullable Object> what) {
    try {
      return String.valueOf(what.get());
    } catch (RuntimeException | StackOverflowError thrown) {
      return "(" + thrown.getClass().getName() + ")";
    }
  }

  private CompletableFuture<Optional<V>> answerOf(Request call, K key) {
    return Objects.requireNonNull(call.waiting.get(key));
  }

  private synchronized boolean isUnderWay(Request call) {
    var first = call.waiting.entrySet().iterator().next();
    return underWay.get(first.getKey()) == first.getValue();
  }

  /** Whether the call had not ended; the caller holds the lock. */
  private boolean end(Request call) {
    if (!isUnderWay(call)) {
      return false;
    }
    call.waiting.keySet().forEach(underWay::remove);
    if (call.timer != null) {
      call.timer.cancel();
    }
    return true;
  }

  private void trim() {
    var oldest = cache.entrySet().iterator();
    for (int over = cache.size() - options.entries; over > 0; over--) {
      oldest.next();
      oldest.remove();
    }
  }

  private EventLoop loop() {
    var own = options.loop;
    return own != null ? own : LookupThreads.TIMERS;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  private static void requireWithin(String what, Duration given, Duration least, Duration most) {
    require(
        given.compareTo(least) >= 0 && given.compareTo(most) <= 0,
        what + " " + given + ": must be between " + least + " and " + most);
  }
}
