package io.headrace.kcl.loop;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BoundedPoolTest {
  @Test
  void refuses_a_task_beyond_its_queue_and_names_the_bound() {
    var gate = new CountDownLatch(1);
    try (var pool = new BoundedPool("invocations", 2, 3)) {
      for (int i = 0; i < 5; i++) {
        pool.execute(() -> await(gate));
      }
      assertThatThrownBy(() -> pool.execute(() -> {}))
          .isInstanceOf(RejectedExecutionException.class)
          .hasMessageContaining("pool invocations: 2 threads are busy and 3 tasks wait");
      gate.countDown();
    }
  }

  @Test
  void names_its_daemon_threads() throws Exception {
    try (var pool = new BoundedPool("files", 1, 1)) {
      var thread = new CompletableFuture<Thread>();
      pool.execute(() -> thread.complete(Thread.currentThread()));
      assertThat(thread.get(20, SECONDS).getName()).isEqualTo("files-1");
      assertThat(thread.get(20, SECONDS).isDaemon()).isTrue();
    }
  }

  @Test
  void interrupts_what_runs_when_it_is_closed() throws Exception {
    var started = new CountDownLatch(1);
    var interrupted = new CompletableFuture<Boolean>();
    var pool = new BoundedPool("stuck", 1, 1);
    pool.execute(
        () -> {
          started.countDown();
          interrupted.complete(!await(new CountDownLatch(1)));
        });
    assertThat(started.await(20, SECONDS)).isTrue();

    pool.close();

    assertThat(interrupted.get(20, SECONDS)).isTrue();
    assertThatThrownBy(() -> pool.execute(() -> {})).hasMessageContaining("stuck is closed");
  }

  @Test
  void a_thread_that_has_nothing_to_do_takes_the_next_task() throws Exception {
    try (var pool = new BoundedPool("few", 8, 8)) {
      for (int i = 0; i < 200; i++) {
        var ran = new CompletableFuture<Thread>();
        pool.execute(() -> ran.complete(Thread.currentThread()));
        awaitIdle(ran.get(20, SECONDS));
      }
      assertThat(pool.threads()).isEqualTo(1);
    }
  }

  @Test
  void a_thread_that_is_lost_has_another_in_its_place_until_it_is_back() throws Exception {
    var gate = new CountDownLatch(1);
    var done = new CountDownLatch(1);
    try (var pool = new BoundedPool("stuck", 1, 8)) {
      pool.execute(() -> await(gate));
      pool.execute(done::countDown);
      assertThat(done.await(50, MILLISECONDS)).isFalse();

      var first = new CountDownLatch(1);
      pool.lost(first::countDown);
      assertThat(first.await(20, SECONDS)).isTrue();
      assertThat(done.await(20, SECONDS)).as("a task that waited before, too").isTrue();
      assertThat(pool.threads()).isEqualTo(2);

      gate.countDown();
      pool.returned();
      var most = mostAtOnce(pool, 5);
      assertThat(most).as("at once again").isEqualTo(1);
    }
  }

  /** Virtual ones, where the JDK has them, are not taken off their processor while they compute. */
  @Test
  void a_lost_thread_that_computes_for_ever_is_replaced_by_one_that_runs() throws Exception {
    int processors = Runtime.getRuntime().availableProcessors();
    var over = new AtomicBoolean();
    var computing = new CountDownLatch(processors);
    try (var pool = new BoundedPool("busy", ThreadKind.forBlocking(), processors, 8)) {
      for (int i = 0; i < processors; i++) {
        pool.execute(
            () -> {
              computing.countDown();
              while (!over.get()) {
                Thread.onSpinWait();
              }
            });
      }
      assertThat(computing.await(20, SECONDS)).isTrue();
      var first = new CountDownLatch(1);
      var next = new CountDownLatch(1);
      pool.execute(next::countDown);
      pool.lost(first::countDown);
      assertThat(first.await(20, SECONDS)).isTrue();
      assertThat(next.await(20, SECONDS)).isTrue();
    } finally {
      over.set(true);
    }
  }

  @Test
  void what_a_task_throws_ends_no_thread() throws Exception {
    try (var pool = new BoundedPool("brave", 1, 8)) {
      var thread = new CompletableFuture<Thread>();
      var next = new CompletableFuture<Thread>();
      pool.execute(
          () -> {
            var current = Thread.currentThread();
            current.setUncaughtExceptionHandler((who, thrown) -> thread.complete(who));
            throw new IllegalStateException("of a task");
          });
      pool.execute(() -> next.complete(Thread.currentThread()));
      assertThat(next.get(20, SECONDS)).isSameAs(thread.get(20, SECONDS));
    }
  }

  @Test
  void a_handler_that_throws_takes_no_thread_from_the_pool() throws Exception {
    try (var pool = new BoundedPool("brave", 1, 8)) {
      var next = new CompletableFuture<Thread>();
      pool.execute(
          () -> {
            Thread.currentThread()
                .setUncaughtExceptionHandler(
                    (who, thrown) -> {
                      throw new IllegalStateException("of the handler");
                    });
            throw new IllegalStateException("of a task");
          });
      pool.execute(() -> next.complete(Thread.currentThread()));
      assertThat(next.get(20, SECONDS)).isNotNull();
      assertThat(pool.threads()).isEqualTo(1);
    }
  }

  @Test
  void virtual_threads_are_there_from_jdk_21_on_and_refused_before() throws Exception {
    boolean has = Runtime.version().feature() >= 21;
    assertThat(ThreadKind.VIRTUAL.isAvailable()).isEqualTo(has);
    assertThat(ThreadKind.forBlocking().isAvailable()).isTrue();
    if (!has) {
      assertThatThrownBy(() -> new BoundedPool("light", ThreadKind.VIRTUAL, 1, 1))
          .hasMessageContaining("pool light: this JDK has no VIRTUAL threads");
      return;
    }
    try (var pool = new BoundedPool("light", ThreadKind.VIRTUAL, 1, 1)) {
      var thread = new CompletableFuture<Thread>();
      pool.execute(() -> thread.complete(Thread.currentThread()));
      assertThat(thread.get(20, SECONDS).getName()).isEqualTo("light-1");
      assertThat(thread.get(20, SECONDS).getThreadGroup().getName()).contains("Virtual");
    }
  }

  /** Returns once the thread waits for its next task, the only wait with a limit it has. */
  private static void awaitIdle(Thread thread) {
    long start = System.nanoTime();
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(System.nanoTime() - start).isLessThan(SECONDS.toNanos(20));
      Thread.onSpinWait();
    }
  }

  /** How many of so many tasks ran at the same time. */
  private static int mostAtOnce(BoundedPool pool, int tasks) throws InterruptedException {
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    var done = new CountDownLatch(tasks);
    for (int i = 0; i < tasks; i++) {
      pool.execute(
          () -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            await(new CountDownLatch(1), 10);
            running.decrementAndGet();
            done.countDown();
          });
    }
    assertThat(done.await(20, SECONDS)).isTrue();
    return most.get();
  }

  private static boolean await(CountDownLatch gate, long millis) {
    try {
      return gate.await(millis, MILLISECONDS);
    } catch (InterruptedException interrupted) {
      return false;
    }
  }

  private static boolean await(CountDownLatch gate) {
    try {
      return gate.await(60, SECONDS);
    } catch (InterruptedException interrupted) {
      return false;
    }
  }
}
