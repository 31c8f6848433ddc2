package io.headrace.kcl.loop;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ThreadedLoopTest {
  private final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();
  private final ThreadedLoop loop = ThreadedLoop.start("loop-under-test", errors::add);

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void runs_tasks_of_many_threads_one_at_a_time_and_each_threads_in_order() throws Exception {
    var ran = new ArrayList<Integer>(); // not thread-safe, on purpose
    var done = new CountDownLatch(4);
    try (var pool = new BoundedPool("givers", 4, 4)) {
      for (int giver = 0; giver < 4; giver++) {
        int first = giver * 10_000;
        pool.execute(
            () -> {
              for (int i = 0; i < 5_000; i++) {
                int number = first + i;
                loop.execute(() -> ran.add(number));
              }
              loop.execute(done::countDown);
            });
      }
      assertThat(done.await(20, SECONDS)).isTrue();
    }
    assertThat(ran).hasSize(20_000);
    for (int giver = 0; giver < 4; giver++) {
      int first = giver * 10_000;
      assertThat(ran.stream().filter(n -> n / 10_000 == first / 10_000).toList()).isSorted();
    }
  }

  @Test
  void runs_timers_in_order_of_their_time_and_not_before() throws Exception {
    var order = Collections.synchronizedList(new ArrayList<String>());
    var late = new CompletableFuture<Long>();
    long giving = call(() -> giveTimers(order, late));

    assertThat(late.get(20, SECONDS)).isGreaterThanOrEqualTo(Duration.ofMillis(40).toNanos());
    assertThat(order).doesNotContain("cancelled");
    // Where the machine stood still while they were given, the one of 5 ms may be due last.
    if (giving < Duration.ofMillis(35).toNanos()) {
      assertThat(order).containsExactly("5", "40");
    }
  }

  @Test
  void goes_on_after_a_task_that_throws_and_tells_it() throws Exception {
    var thrown = new StackOverflowError("planted");
    loop.execute(
        () -> {
          throw thrown;
        });
    assertThat(call(() -> "alive")).isEqualTo("alive");
    assertThat(errors).containsExactly(thrown);
  }

  @Test
  void survives_a_stray_interrupt() throws Exception {
    loop.execute(() -> Thread.currentThread().interrupt());
    assertThat(call(() -> "alive")).isEqualTo("alive");
  }

  @Test
  void knows_its_own_thread() throws Exception {
    assertThat(call(loop::isCurrent)).isTrue();
    assertThat(loop.isCurrent()).isFalse();
    assertThat(call(() -> Thread.currentThread().getName())).isEqualTo("loop-under-test");
    assertThat(call(() -> Thread.currentThread().isDaemon())).isTrue();
  }

  @Test
  void drops_what_is_given_after_it_was_closed() {
    loop.close();
    List<String> ran = Collections.synchronizedList(new ArrayList<>());
    loop.execute(() -> ran.add("late"));
    loop.schedule(Duration.ZERO, () -> ran.add("late timer"));
    loop.close();
    assertThat(ran).isEmpty();
  }

  @Test
  void may_be_closed_by_its_own_task() throws Exception {
    var closed = new CompletableFuture<Void>();
    loop.execute(
        () -> {
          loop.close();
          closed.complete(null);
        });
    closed.get(20, SECONDS);
  }

  /** On the loop, where none of them can run before all are given; answers how long that took. */
  private long giveTimers(List<String> order, CompletableFuture<Long> late) {
    long start = loop.ticks();
    loop.schedule(
        Duration.ofMillis(40),
        () -> {
          order.add("40");
          late.complete(loop.ticks() - start);
        });
    loop.schedule(Duration.ofMillis(5), () -> order.add("5"));
    loop.schedule(Duration.ofMillis(20), () -> order.add("cancelled")).cancel();
    return loop.ticks() - start;
  }

  private <T> T call(java.util.function.Supplier<T> question) throws Exception {
    var answer = new CompletableFuture<T>();
    loop.execute(() -> answer.complete(question.get()));
    return answer.get(20, SECONDS);
  }
}
