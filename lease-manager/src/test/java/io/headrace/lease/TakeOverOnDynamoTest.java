package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseEvent;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import io.headrace.lease.dynamo.EmbeddedDynamo;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two coordinators on real threads and DynamoDB Local, under real time. */
class TakeOverOnDynamoTest {
  private static final Duration F = Duration.ofSeconds(1);

  private final String table = EmbeddedDynamo.newTableName();
  private final ListedStream stream = new ListedStream("orders", 4);
  private final Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
  private final Worker ann = new Worker("ann");
  private final Worker bob = new Worker("bob");

  private final class Worker {
    final ThreadedLoop loop;
    final HeartbeatCoordinator coordinator;
    final Map<ShardKey, LeaseToken> running = new ConcurrentHashMap<>();
    final LinkedBlockingQueue<LeaseEvent> events = new LinkedBlockingQueue<>();

    Worker(String id) {
      loop = ThreadedLoop.start("leases-" + id, thrown::add);
      coordinator =
          new HeartbeatCoordinator(
              new DynamoLeaseTable(EmbeddedDynamo.client(), table),
              "app",
              new Incarnation(id, "1"),
              List.of(stream),
              LeaseSettings.DEFAULT.withLeaseTime(F),
              Deployment.UNNAMED,
              loop,
              new SplittableRandom(id.hashCode()));
    }

    void start() {
      LeaseTableContract.await(coordinator.start(this::on, Runnable::run));
    }

    private void on(LeaseEvent event) {
      if (event instanceof LeaseEvent.Gained gained) {
        running.put(gained.shard(), gained.tenure().token());
      } else if (event instanceof LeaseEvent.Offered offered) {
        coordinator.ready(offered.shard());
      } else if (event instanceof LeaseEvent.Wanted wanted) {
        coordinator.release(wanted.shard(), running.remove(wanted.shard()));
      } else if (event instanceof LeaseEvent.Lost lost) {
        running.remove(lost.shard());
      }
      events.add(event);
    }

    /** Waits for events until it runs so many shards. */
    void awaitRunning(int count, Duration limit) throws InterruptedException {
      long deadline = loop.ticks() + limit.toNanos();
      while (running.size() != count) {
        long left = deadline - loop.ticks();
        assertThat(left).as("shards %s of %s in %s", running.keySet(), count, limit).isPositive();
        events.poll(Math.min(left, TimeUnit.MILLISECONDS.toNanos(20)), TimeUnit.NANOSECONDS);
      }
    }
  }

  @AfterEach
  void end() {
    ann.coordinator.kill();
    bob.coordinator.kill();
    ann.loop.close();
    bob.loop.close();
    assertThat(thrown).isEmpty();
  }

  @Test
  void a_killed_workers_shards_are_taken_over_under_higher_epochs() throws Exception {
    ann.start();
    bob.start();
    ann.awaitRunning(2, Duration.ofSeconds(10));
    bob.awaitRunning(2, Duration.ofSeconds(10));
    var bobs = Map.copyOf(bob.running);

    bob.coordinator.kill();

    // 1.2 F + 1 s is 2.2 s; two cores shared with other builds get some more.
    ann.awaitRunning(4, Duration.ofSeconds(6));
    bobs.forEach(
        (shard, token) -> assertThat(ann.running.get(shard).epoch()).isGreaterThan(token.epoch()));
  }

  @Test
  void a_worker_that_leaves_hands_over_what_it_held() throws Exception {
    ann.start();
    bob.start();
    ann.awaitRunning(2, Duration.ofSeconds(10));
    bob.awaitRunning(2, Duration.ofSeconds(10));

    bob.coordinator.draining();
    ann.awaitRunning(4, Duration.ofSeconds(10));
    LeaseTableContract.await(bob.coordinator.stop());

    var left =
        LeaseTableContract.await(
            new DynamoLeaseTable(EmbeddedDynamo.client(), table).worker("app", "bob"));
    assertThat(left.orElseThrow().item().state()).isEqualTo(WorkerItem.State.DEPARTED);
  }
}
