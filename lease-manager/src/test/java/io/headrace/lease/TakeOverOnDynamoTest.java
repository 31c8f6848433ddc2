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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two coordinators on real threads and DynamoDB Local, under real time. */
class TakeOverOnDynamoTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String table = EmbeddedDynamo.newTableName();
  private final ListedStream stream = new ListedStream("orders", 4);
  private final Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
  private final List<Worker> workers = new ArrayList<>();

  private final class Worker {
    final ThreadedLoop loop;
    final HeartbeatCoordinator coordinator;
    final Map<ShardKey, LeaseToken> running = new ConcurrentHashMap<>();
    final LinkedBlockingQueue<LeaseEvent> events = new LinkedBlockingQueue<>();

    Worker(String id, Duration leaseTime) {
      workers.add(this);
      loop = ThreadedLoop.start("leases-" + id, thrown::add);
      coordinator =
          new HeartbeatCoordinator(
              new DynamoLeaseTable(EmbeddedDynamo.client(), table),
              "app",
              new Incarnation(id, "1"),
              List.of(stream),
              LeaseSettings.DEFAULT.withLeaseTime(leaseTime),
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
    void awaitRunning(int count) throws InterruptedException {
      await(() -> running.size() == count, count + " shards");
    }

    /** Waits until it runs all of these under higher epochs. */
    void awaitTakenOver(Map<ShardKey, LeaseToken> others) throws InterruptedException {
      await(
          () ->
              others.entrySet().stream()
                  .allMatch(other -> runsAbove(other.getValue(), other.getKey())),
          "all of " + others);
    }

    private boolean runsAbove(LeaseToken other, ShardKey shard) {
      var own = running.get(shard);
      return own != null && own.epoch() > other.epoch();
    }

    private void await(BooleanSupplier condition, String what) throws InterruptedException {
      long deadline = loop.ticks() + PATIENCE.toNanos();
      while (!condition.getAsBoolean()) {
        long left = deadline - loop.ticks();
        assertThat(left).as("%s within %s, runs %s", what, PATIENCE, running).isPositive();
        events.poll(Math.min(left, TimeUnit.MILLISECONDS.toNanos(20)), TimeUnit.NANOSECONDS);
      }
    }
  }

  private static void start(Worker ann, Worker bob) throws InterruptedException {
    ann.start();
    bob.start();
    ann.awaitRunning(2);
    bob.awaitRunning(2);
  }

  @AfterEach
  void end() {
    workers.forEach(worker -> worker.coordinator.kill());
    workers.forEach(worker -> worker.loop.close());
    assertThat(thrown).isEmpty();
  }

  @Test
  void a_killed_workers_shards_are_taken_over_under_higher_epochs() throws Exception {
    // The limit of 1.2 F + 1 s is held in virtual time, where nothing else runs.
    var ann = new Worker("ann", Duration.ofSeconds(1));
    var bob = new Worker("bob", Duration.ofSeconds(1));
    start(ann, bob);
    var bobs = Map.copyOf(bob.running);

    bob.coordinator.kill();

    // Who stands still for a second loses its own for a while, so these are waited for together.
    ann.awaitTakenOver(bobs);
    ann.awaitRunning(4);
  }

  @Test
  void a_worker_that_leaves_hands_over_what_it_held() throws Exception {
    // So long that nobody counts as dead who is only slow.
    var ann = new Worker("ann", Duration.ofSeconds(10));
    var bob = new Worker("bob", Duration.ofSeconds(10));
    start(ann, bob);

    bob.coordinator.draining();
    ann.awaitRunning(4);
    LeaseTableContract.await(bob.coordinator.stop());

    var left =
        LeaseTableContract.await(
            new DynamoLeaseTable(EmbeddedDynamo.client(), table).worker("app", "bob"));
    assertThat(left.orElseThrow().item().state()).isEqualTo(WorkerItem.State.DEPARTED);
  }
}
