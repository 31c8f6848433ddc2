package io.headrace.bench.scale;

import com.sun.management.ThreadMXBean;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseCoordinator;
import io.headrace.kcl.LeaseEvent;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.Tenure;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.Deployment;
import io.headrace.lease.HeartbeatCoordinator;
import io.headrace.lease.InMemoryLeaseTable;
import io.headrace.lease.LeaseSettings;
import io.headrace.lease.LeaseTable;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * Coordinators as workers have them, with nothing else of a worker, on one table in memory and
 * under virtual time. All runs on the caller's thread, so that thread's processor time is what all
 * coordinators and their table take together, whatever else the machine does.
 */
final class SimulatedFleet {
  private static final String APPLICATION = "scale";
  private static final Duration ANSWER = Duration.ofMillis(5);
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration SHARED_WITHIN = Duration.ofMinutes(5);

  /** By then nothing moves any more, and no worker is thought to be new. */
  private static final Duration SETTLED = Duration.ofSeconds(90);

  private static final Duration REST = Duration.ofSeconds(60);

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** What the fleet has taken so far. */
  private record Mark(long requests, long cpuNanos, long allocatedBytes, long ticks) {}

  private final int workers;
  private final int shards;
  private final SplittableRandom random;
  private final SimulatedLoop loop;
  private final InMemoryStream stream;
  private final LeaseTable table;
  private final List<Member> members = new ArrayList<>();
  private long requests;

  SimulatedFleet(long seed, int workers, int shards) {
    this.workers = workers;
    this.shards = shards;
    random = new SplittableRandom(seed);
    loop = new SimulatedLoop(seed);
    stream = new InMemoryStream("orders", shards, loop);
    table = counted(new InMemoryLeaseTable());
  }

  /** Starts all workers at once, lets them share the shards, and then rest for a minute. */
  Figures run() {
    Mark before = mark();
    for (int i = 0; i < workers; i++) {
      members.add(new Member("w" + i));
      loop.advance(Duration.ofMillis(random.nextInt(5)));
    }
    advanceUntil(this::isShared);
    Mark shared = mark();
    loop.advance(SETTLED);
    if (!isShared()) {
      throw new NotMeasured("shards moved on from an even share: " + members);
    }
    Mark settled = mark();
    loop.advance(REST);
    Figures figures = new Figures();
    put(figures, "start", before, shared, 1);
    figures.put("start.seconds", (shared.ticks() - before.ticks()) / 1e9);
    put(figures, "rest", settled, mark(), REST.toSeconds());
    members.forEach(member -> member.coordinator.kill());
    return figures;
  }

  private void put(Figures figures, String phase, Mark from, Mark to, long seconds) {
    double each = (double) shards * seconds;
    figures
        .put(phase + ".requests_shard", (to.requests() - from.requests()) / each)
        .put(phase + ".cpu_us_shard", (to.cpuNanos() - from.cpuNanos()) / 1e3 / each)
        .put(
            phase + ".allocated_bytes_shard", (to.allocatedBytes() - from.allocatedBytes()) / each);
  }

  private Mark mark() {
    long thread = Thread.currentThread().getId();
    return new Mark(
        requests,
        THREADS.getCurrentThreadCpuTime(),
        THREADS.getThreadAllocatedBytes(thread),
        loop.ticks());
  }

  private void advanceUntil(BooleanSupplier done) {
    long limit = loop.ticks() + SHARED_WITHIN.toNanos();
    while (!done.getAsBoolean()) {
      if (loop.ticks() > limit) {
        throw new NotMeasured(
            "%d workers had not shared %d shards after %s: %s"
                .formatted(workers, shards, SHARED_WITHIN, members));
      }
      loop.advance(LOOK);
    }
  }

  private boolean isShared() {
    int all = members.stream().mapToInt(member -> member.running.size()).sum();
    int most = members.stream().mapToInt(member -> member.running.size()).max().orElse(0);
    int fewest = members.stream().mapToInt(member -> member.running.size()).min().orElse(0);
    return all == shards && most - fewest <= 1;
  }

  /** A table whose answers take a while, and whose requests are counted. */
  private LeaseTable counted(LeaseTable inner) {
    return (LeaseTable)
        Proxy.newProxyInstance(
            LeaseTable.class.getClassLoader(),
            new Class<?>[] {LeaseTable.class},
            (proxy, method, arguments) -> ask(inner, method, arguments));
  }

  private Object ask(LeaseTable inner, Method method, Object[] arguments) throws Throwable {
    Object answer;
    try {
      answer = method.invoke(inner, arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    }
    if (!(answer instanceof CompletionStage<?> stage)) {
      return answer;
    }
    requests++;
    return late(stage);
  }

  private CompletionStage<Object> late(CompletionStage<?> answer) {
    CompletableFuture<Object> late = new CompletableFuture<>();
    var unused =
        answer.whenComplete(
            (value, failure) ->
                loop.schedule(
                    ANSWER,
                    () -> {
                      if (failure == null) {
                        late.complete(value);
                      } else {
                        late.completeExceptionally(failure);
                      }
                    }));
    return late;
  }

  /** A worker that answers at once: ready when offered, drained when wanted. */
  private final class Member {
    final String id;
    final LeaseCoordinator coordinator;
    final Map<ShardKey, Tenure> running = new HashMap<>();

    Member(String id) {
      this.id = id;
      coordinator =
          new HeartbeatCoordinator(
              table,
              APPLICATION,
              new Incarnation(id, "life-" + random.nextInt(1_000_000)),
              List.of(stream),
              LeaseSettings.DEFAULT,
              Deployment.UNNAMED,
              loop,
              random.split());
      var unused = coordinator.start(this::on, Runnable::run);
    }

    private void on(LeaseEvent event) {
      if (event instanceof LeaseEvent.Gained gained) {
        running.put(gained.shard(), gained.tenure());
      } else if (event instanceof LeaseEvent.Lost lost) {
        running.remove(lost.shard());
      } else if (event instanceof LeaseEvent.Offered offered) {
        coordinator.ready(offered.shard());
      } else if (event instanceof LeaseEvent.Wanted wanted) {
        loop.execute(() -> release(wanted.shard()));
      }
    }

    private void release(ShardKey shard) {
      Tenure tenure = running.remove(shard);
      if (tenure != null) {
        coordinator.release(shard, tenure.token());
      }
    }

    @Override
    public String toString() {
      return id + "=" + running.size();
    }
  }
}
