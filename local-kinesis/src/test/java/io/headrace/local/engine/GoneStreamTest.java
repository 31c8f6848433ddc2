package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.headrace.local.VirtualClock;
import io.headrace.local.log.DiskStore;
import io.headrace.local.log.SyncPolicy;
import io.headrace.local.store.JsonStateFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls that found a stream just before it was deleted and made again. */
class GoneStreamTest {
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");

  private final VirtualClock clock = new VirtualClock();

  @TempDir private Path folder;

  @Test
  void a_deletion_that_comes_late_leaves_the_stream_made_since_alone() {
    Engine engine = open();
    KinesisStream old = replaced(engine);

    assertThat(catchThrowable(() -> old.delete(true, now())))
        .isInstanceOfSatisfying(
            KinesisError.class, e -> assertThat(e.code()).isEqualTo("ResourceNotFoundException"));

    engine.close();
    Engine next = open();
    String shard = next.describe(ORDERS, -1, 10).shards().get(0).id();
    String iterator = next.shardIterator(ORDERS, shard, new StartFrom.TrimHorizon());
    Caller owner = new Caller(ORDERS.account(), ORDERS.region());
    assertThat(next.read(owner, iterator, 10).records()).hasSize(1);
    next.close();
  }

  @Test
  void any_other_change_that_comes_late_finds_no_stream() {
    Engine engine = open();
    KinesisStream old = replaced(engine);
    List<Runnable> late =
        List.of(
            () -> old.label(labels -> labels, now()),
            () -> old.change((state, at) -> Scaling.shardCount(state, 2, at), now()),
            () -> old.change((state, at) -> Monitoring.enable(state, Set.of()), now()),
            () -> old.step(now(), consumers -> consumers.register("fast", Labels.NONE, now())));

    for (Runnable call : late) {
      assertThat(catchThrowable(call::run))
          .isInstanceOfSatisfying(
              KinesisError.class, e -> assertThat(e.code()).isEqualTo("ResourceNotFoundException"));
    }
    engine.close();
  }

  private KinesisStream replaced(Engine engine) {
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    KinesisStream old = engine.stream(ORDERS, now());
    engine.deleteStream(ORDERS, true);
    clock.advance(Duration.ofSeconds(2));
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    var unused = engine.put(ORDERS, List.of(PutEntry.of("key", "5", new byte[3])));
    return old;
  }

  private Engine open() {
    DiskStore store = DiskStore.open(folder, Long.MAX_VALUE, SyncPolicy.NEVER, Runnable::run);
    EngineSettings settings = new EngineSettings(1 << 20, 100, Duration.ZERO, LimitScale.OFF);
    return new Engine(clock, settings, store, new JsonStateFormat());
  }

  private long now() {
    return clock.millis();
  }
}
