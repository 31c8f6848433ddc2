package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryEffectStore;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.kcl.loop.ThreadKind;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that are out of time and do not end: on real threads, while time is simulated. */
@Timeout(60)
class StuckThreadsTest {
  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final int REAL_MILLIS_MAX = 60_000;

  /** Opened at the end: whoever hangs comes back. */
  private final CountDownLatch gate = new CountDownLatch(1);

  private final BoundedPool pool = new BoundedPool("stuck-test", 1, 100);
  private final List<Event<String>> events = Collections.synchronizedList(new ArrayList<>());
  private final List<Output<String>> outs = Collections.synchronizedList(new ArrayList<>());
  private final Set<Object> instances = Collections.synchronizedSet(new HashSet<>());
  private final AtomicInteger closed = new AtomicInteger();

  /** Hangs on a first attempt whose value begins so, and heeds no interrupt. */
  private final class Hanging implements RecordFunction<String, String>, AutoCloseable {
    @Override
    public void handle(Event<String> event, Output<String> out) {
      instances.add(this);
      events.add(event);
      outs.add(out);
      if (event.value().startsWith("hang") && event.attempt().number() == 1) {
        hang();
        out.send("late");
      }
      out.send(event.value());
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }

  private void hang() {
    boolean interrupted = true;
    while (interrupted) {
      try {
        gate.await();
        interrupted = false;
      } catch (InterruptedException ignored) {
        // As a driver may that waits for its socket.
      }
    }
  }

  @AfterEach
  void end() {
    gate.countDown();
    pool.close();
  }

  private Rig rig() {
    var rig =
        new Rig(
            1,
            Rig.reading()
                .timingOutAfter(LIMIT)
                .handledBy(Hanging::new, Destination.<String>nowhere()));
    rig.pool = pool;
    return rig.start();
  }

  private long firstAttempts() {
    return List.copyOf(events).stream().filter(each -> each.attempt().number() == 1).count();
  }

  private static void await(SimulatedLoop loop, BooleanSupplier done) {
    assertThat(loop.runUntil(done, REAL_MILLIS_MAX)).isTrue();
  }

  /** Lets time pass in steps below the limit, and calls end in between: else they are overdue. */
  private static void settle(Rig rig, int records) {
    for (int i = 0; i < 400 && rig.settled.size() < records; i++) {
      rig.advance(LIMIT.toMillis() / 2);
      boolean unused = rig.loop.runUntil(() -> rig.settled.size() >= records, 100);
    }
    assertThat(rig.settled).hasSize(records);
  }

  @Test
  void a_thread_that_heeds_no_interrupt_is_given_up_and_its_key_goes_on() {
    var rig = rig();
    rig.putAll("a=hang", "a=next");
    await(rig.loop, () -> events.size() == 1);
    rig.advance(1_000);
    assertThat(rig.events(FunctionEvent.Overdue.class)).hasSize(1);
    rig.advance(9_999);
    assertThat(events).as("the key waits for its thread").hasSize(1);
    assertThat(rig.events(FunctionEvent.Stuck.class)).isEmpty();

    rig.advance(1);
    assertThat(rig.events(FunctionEvent.Stuck.class))
        .singleElement()
        .extracting(FunctionEvent.Stuck::attempt)
        .isEqualTo(1);
    await(rig.loop, () -> !rig.events(FunctionEvent.RetryScheduled.class).isEmpty());
    assertThat(rig.events(FunctionEvent.RecordFailed.class))
        .singleElement()
        .extracting(FunctionEvent.RecordFailed::code)
        .isEqualTo("TimedOut");
    rig.advance(1_000);
    await(rig.loop, () -> rig.settled.size() == 2);

    assertThat(events).extracting(Event::value).containsExactly("hang", "hang", "next");
    assertThat(events).extracting(event -> event.attempt().number()).containsExactly(1, 2, 1);
    assertThat(rig.outputs.values()).containsExactly("hang", "next");
    assertThatThrownBy(() -> outs.get(0).send("late")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void what_goes_on_all_the_same_has_a_lower_fencing_token() {
    var rig = rig();
    rig.putAll("a=hang", "b=other");
    await(rig.loop, () -> events.size() == 1);
    rig.advance(11_000);
    await(rig.loop, () -> rig.settled.size() == 1);
    rig.advance(1_000);
    await(rig.loop, () -> rig.settled.size() == 2);
    var first = token("hang", 1);
    assertThat(token("hang", 2)).isGreaterThan(first);
    rig.commit();
    rig.advance(100);
    rig.crash();
    rig.put("a", "of the next owner");
    await(
        rig.loop,
        () -> List.copyOf(events).stream().anyMatch(each -> each.value().startsWith("of")));
    assertThat(token("of the next owner", 1)).isGreaterThan(token("hang", 2));
  }

  private long token(String value, int attempt) {
    return List.copyOf(events).stream()
        .filter(each -> each.value().equals(value) && each.attempt().number() == attempt)
        .mapToLong(each -> each.attempt().fencingToken())
        .max()
        .orElseThrow();
  }

  @Test
  void another_thread_and_another_instance_take_its_place_until_it_is_back() {
    var rig = rig();
    rig.putAll("a=hang", "b=waits for the only thread");
    await(rig.loop, () -> events.size() == 1);
    rig.advance(10_000);
    assertThat(events).hasSize(1);
    rig.advance(1_000);
    await(rig.loop, () -> rig.settled.size() >= 1);
    settle(rig, 2);
    assertThat(instances).hasSize(2);
    assertThat(pool.threads()).isEqualTo(2);
    assertThat(closed).as("what hangs may be using it").hasValue(0);

    gate.countDown();
    await(rig.loop, () -> pool.threads() == 1);
    assertThat(rig.outputs.values()).doesNotContain("late");
  }

  @Test
  void a_shard_that_leaves_while_a_call_hangs_leaves_no_pool_without_threads() {
    var rig = new Rig(1, Rig.reading().handledBy(Hanging::new, Destination.<String>nowhere()));
    rig.pool = pool;
    rig.start();
    rig.put("a", "hang");
    await(rig.loop, () -> events.size() == 1);
    rig.loop.execute(rig.handler()::abandon);
    rig.advance(10_000);
    assertThat(rig.events(FunctionEvent.Stuck.class)).hasSize(1);
    awaitTurn();
  }

  private void awaitTurn() {
    var turn = new CompletableFuture<Boolean>();
    pool.execute(() -> turn.complete(true));
    assertThat(turn.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
  }

  /** Its record is decoded by a codec that takes its time. */
  @Test
  void a_call_that_its_function_was_abandoned_in_front_of_is_not_made() {
    var decoding = new CountDownLatch(1);
    var slow =
        new Codec<String>() {
          @Override
          public String decode(byte[] bytes, int version) {
            decoding.countDown();
            hang();
            return new Texts().decode(bytes, version);
          }

          @Override
          public byte[] encode(String value) {
            return new Texts().encode(value);
          }
        };
    var rig =
        new Rig(
            1,
            FunctionSpec.named("f")
                .reading(Input.of(StreamSource.kinesis("in"), slow))
                .handledBy(Hanging::new, Destination.<String>nowhere()));
    rig.pool = pool;
    rig.start();
    rig.put("a", "1");
    await(rig.loop, () -> decoding.getCount() == 0);
    rig.loop.execute(rig.handler()::abandon);
    rig.loop.runUntilIdle();

    gate.countDown();
    awaitTurn();

    assertThat(events).isEmpty();
  }

  /** As one does that asks a registry of schemas: it hangs within {@link Output#send}. */
  @Test
  void a_codec_of_outputs_that_hangs_does_not_take_the_worker_loop_with_it() {
    var sending = new CountDownLatch(1);
    var hanging =
        new Codec<String>() {
          @Override
          public String decode(byte[] bytes, int version) {
            return new Texts().decode(bytes, version);
          }

          @Override
          public byte[] encode(String value) {
            if (sending.getCount() > 0) {
              sending.countDown();
              hang();
            }
            return new Texts().encode(value);
          }
        };
    RecordFunction<String, String> function = (event, out) -> out.send(event.value());
    var rig =
        new Rig(
            1,
            Rig.reading()
                .timingOutAfter(LIMIT)
                .handledBy(() -> function, Destination.stream("out", hanging, text -> text)));
    rig.pool = pool;
    rig.start();
    rig.put("a", "1");
    await(rig.loop, () -> sending.getCount() == 0);
    CompletableFuture.runAsync(() -> rig.advance(12_000)).orTimeout(60, TimeUnit.SECONDS).join();
    settle(rig, 1);
    assertThat(rig.outputs.values()).containsExactly("1");
  }

  /** As a constructor does that connects to what the others hang on. */
  @Test
  void a_constructor_that_hangs_takes_no_thread_from_the_pool_and_lets_the_worker_end() {
    var made = new AtomicInteger();
    var making = new CountDownLatch(1);
    var rig =
        new Rig(
            1,
            Rig.reading()
                .timingOutAfter(LIMIT)
                .handledBy(
                    () -> {
                      if (made.incrementAndGet() > 1) {
                        making.countDown();
                        hang();
                      }
                      return new Hanging();
                    },
                    Destination.<String>nowhere()));
    rig.pool = pool;
    rig.start();
    rig.put("a", "hang");
    await(rig.loop, () -> events.size() == 1);
    rig.advance(11_000);
    await(rig.loop, () -> making.getCount() == 0);
    rig.advance(10_000);
    awaitTurn();

    CompletableFuture.runAsync(rig::close).orTimeout(60, TimeUnit.SECONDS).join();

    assertThat(closed).as("the one that there is").hasValue(1);
  }

  @Test
  void an_effect_that_hangs_is_not_performed_beside_itself_and_its_result_is_the_one_that_counts() {
    var clock = InstantSource.fixed(Instant.EPOCH);
    var once = Once.in(new InMemoryEffectStore(clock), "f", clock, Duration.ofDays(1));
    var performed = new AtomicInteger();
    RecordFunction<String, String> charging =
        (event, out) -> {
          events.add(event);
          var receipt =
              once.perform(
                  event,
                  "charge",
                  new Texts(),
                  () -> {
                    var number = "receipt " + performed.incrementAndGet();
                    hang();
                    return number;
                  });
          out.send(receipt);
        };
    var rig =
        new Rig(
            1,
            Rig.reading()
                .timingOutAfter(LIMIT)
                .handledBy(() -> charging, Destination.<String>nowhere()));
    rig.pool = pool;
    rig.start();
    rig.put("a", "1");
    await(rig.loop, () -> performed.get() == 1);
    rig.advance(11_000);
    await(rig.loop, () -> rig.events(FunctionEvent.RecordFailed.class).size() == 1);
    rig.advance(1_000);
    await(rig.loop, () -> rig.events(FunctionEvent.RecordFailed.class).size() == 2);
    assertThat(rig.events(FunctionEvent.RecordFailed.class).get(1).code())
        .isEqualTo("UnderWayException");

    gate.countDown();
    await(rig.loop, () -> pool.threads() == 1);
    settle(rig, 1);
    assertThat(performed).hasValue(1);
    assertThat(rig.outputs.values()).containsExactly("receipt 1");
  }

  @Test
  void a_batch_that_hangs_is_given_up_alike() {
    BatchFunction<String, String> function =
        batch -> {
          for (var event : batch) {
            events.add(event);
            if (event.attempt().number() == 1) {
              hang();
            }
          }
        };
    var rig =
        new Rig(
            1,
            Rig.reading()
                .timingOutAfter(LIMIT)
                .handledInBatchesBy(() -> function, Destination.<String>nowhere()));
    rig.pool = pool;
    rig.start();
    rig.put("a", "1");
    await(rig.loop, () -> events.size() == 1);
    rig.advance(11_000);
    await(rig.loop, () -> !rig.events(FunctionEvent.RetryScheduled.class).isEmpty());
    rig.advance(1_000);
    await(rig.loop, () -> rig.settled.size() == 1);
    assertThat(events.get(1).attempt().fencingToken())
        .isGreaterThan(events.get(0).attempt().fencingToken());
  }

  @Test
  void a_stage_that_never_completes_is_timed_out_and_a_late_end_changes_nothing() {
    var stages = new ArrayList<CompletableFuture<Next<String>>>();
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .timingOutAfter(LIMIT)
                    .keyedBy(Keys.partitionKey(), new Texts())
                    .handledAsyncBy(
                        () ->
                            new AsyncKeyedFunction<String, String, String>() {
                              @Override
                              public String initial(String key) {
                                return "";
                              }

                              @Override
                              public CompletableFuture<Next<String>> handle(
                                  String state, Event<String> event, Output<String> out) {
                                events.add(event);
                                var stage = new CompletableFuture<Next<String>>();
                                stages.add(stage);
                                // Its client heeds no cancellation.
                                return stage.thenApply(next -> next);
                              }
                            },
                        Destination.<String>nowhere()))
            .start()
            .restore();
    rig.put("a", "1");
    rig.advance(1);
    rig.advance(3_000);
    assertThat(stages).hasSizeGreaterThanOrEqualTo(2);
    stages.get(0).complete(Next.state("of the first"));
    rig.advance(1);
    assertThat(rig.settled).isEmpty();
    stages.get(stages.size() - 1).complete(Next.state("of the last"));
    rig.drain();
    assertThat(rig.settled).hasSize(1);
    assertThat(events)
        .extracting(event -> event.attempt().fencingToken())
        .isSorted()
        .doesNotHaveDuplicates();
  }

  @Test
  void with_too_many_that_hang_the_worker_ends_in_order() {
    var loop = new SimulatedLoop(1);
    var random = new SplittableRandom(1);
    var streams = new InMemoryStreams("kinesis");
    var in = streams.create("in", 1, loop);
    var running =
        FunctionRuntime.named("app")
            .on(loop, loop, pool, random)
            .leasesIn(new InMemoryLeaseTable())
            .checkpointsIn(new InMemoryCheckpointStore())
            .connecting(streams)
            .stoppingAtStuckThreads(2)
            .run(
                FunctionSpec.named("hanging")
                    .reading(Input.of(StreamSource.kinesis("in"), new Texts()))
                    .timingOutAfter(LIMIT)
                    .handledBy(Hanging::new, Destination.<String>nowhere()))
            .start();
    loop.advance(Duration.ofSeconds(5));
    for (int i = 0; i < 3; i++) {
      var unused = in.sink().put(List.of(new StreamSink.Entry("k" + i, "hang".getBytes(UTF_8))));
    }
    for (int i = 1; i <= 2; i++) {
      int calls = i;
      await(loop, () -> firstAttempts() == calls);
      loop.advance(Duration.ofSeconds(11));
      assertThat(running.health().alive()).as("with %d", i).isTrue();
      assertThat(running.health().reasons())
          .contains("function hanging: " + i + " of its threads hang");
    }
    await(loop, () -> firstAttempts() == 3);
    loop.advance(Duration.ofSeconds(11));
    assertThat(running.health().alive()).isFalse();
    assertThat(running.health().reasons().get(0))
        .contains("3 threads were interrupted and hang")
        .contains("restart it");
    var stopped = running.stop().toCompletableFuture();
    loop.advance(Duration.ofMinutes(1));
    assertThat(stopped).isCompleted();
    assertThat(closed.get()).as("instances that were closed").isPositive();
  }

  /** Where functions have threads of the system, nobody else is kept from running. */
  @Test
  void with_no_processor_left_for_virtual_threads_the_worker_ends_in_order() {
    boolean virtual = ThreadKind.forBlocking() == ThreadKind.VIRTUAL;
    int processors = ThreadKind.processorsOfVirtual();
    var ended = new ArrayList<String>();
    var tally = new StuckThreads.Tally(100, ended::add);
    try (var busy = new BoundedPool("busy", ThreadKind.forBlocking(), processors, 8)) {
      var stuck = new StuckThreads("f", tally, busy, () -> {});
      var computing = new LinkedBlockingQueue<Thread>();
      for (int i = 0; i < processors; i++) {
        busy.execute(
            () -> {
              computing.add(Thread.currentThread());
              while (gate.getCount() > 0) {
                Thread.onSpinWait();
              }
              stuck.returned();
            });
      }
      for (int i = 1; i <= processors; i++) {
        assertThat(ended).as("before the last").isEmpty();
        var thread = CompletableFuture.supplyAsync(() -> taken(computing));
        stuck.add(thread.orTimeout(60, TimeUnit.SECONDS).join(), new SimulatedLoop(1));
      }
      if (virtual) {
        assertThat(ended).singleElement().asString().contains("no virtual thread can run beside");
      } else {
        assertThat(ended).isEmpty();
      }
      gate.countDown();
    }
  }

  private static Thread taken(BlockingQueue<Thread> threads) {
    try {
      return threads.take();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }
}
