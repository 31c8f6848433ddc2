package io.headrace.kcl.loop;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
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

  private static boolean await(CountDownLatch gate) {
    try {
      return gate.await(60, SECONDS);
    } catch (InterruptedException interrupted) {
      return false;
    }
  }
}
