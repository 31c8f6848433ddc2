package io.headrace.function.metrics;

import static io.headrace.function.metrics.World.reading;
import static io.headrace.function.metrics.World.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Destination;
import io.headrace.function.FunctionEvent;
import io.headrace.function.FunctionSpec;
import io.headrace.function.RetryPolicy;
import io.headrace.function.TerminalFailure;
import io.headrace.function.Unavailable;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class HeadraceMetricsTest {
  private final World world = new World(1, 2);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final HeadraceMetrics metrics = HeadraceMetrics.in(registry);
  private boolean down;
  private boolean failing;

  private FunctionSpec<String, String> spec(RetryPolicy retry) {
    return reading("f")
        .retrying(retry)
        .handledBy(
            () ->
                (event, out) -> {
                  if (event.value().startsWith("bad")) {
                    throw new TerminalFailure(event.value(), "no");
                  }
                  if (down) {
                    throw new Unavailable("crm", Duration.ofSeconds(1), null);
                  }
                  if (failing && event.partitionKey().equals("poison")) {
                    throw new IllegalStateException("poison");
                  }
                },
            Destination.nowhere());
  }

  private double of(String name, String... tags) {
    return value(registry, name, tags);
  }

  @Test
  void what_became_of_records_is_counted_by_outcome_and_code() {
    var unused = world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);
    for (int i = 0; i < 10; i++) {
      world.put("k" + i, i < 3 ? "bad-" + i % 2 : "good");
    }
    world.advance(5);

    assertThat(of("headrace.records.taken", "function", "f")).isEqualTo(10);
    assertThat(of("headrace.records.settled", "outcome", "handled")).isEqualTo(7);
    assertThat(of("headrace.records.settled", "outcome", "dead_lettered")).isEqualTo(3);
    assertThat(of("headrace.letters", "code", "bad-0")).isEqualTo(2);
    assertThat(of("headrace.letters", "code", "bad-1")).isEqualTo(1);
    assertThat(of("headrace.records.read", "stream", "in")).isEqualTo(10);
    assertThat(of("headrace.read.bytes", "stream", "in")).isPositive();
    assertThat(of("headrace.records.under.way")).isZero();
    assertThat(of("headrace.account.off")).isZero();
    assertThat(of("headrace.commits")).isPositive();
    assertThat(of("headrace.commit.age")).isZero();
    assertThat(of("headrace.shards", "state", "running")).isEqualTo(2);
    assertThat(of("headrace.workers")).isEqualTo(1);
    assertThat(of("headrace.workers.wanted")).isEqualTo(1);
    assertThat(of("headrace.worker.alive")).isEqualTo(1);
    assertThat(of("headrace.worker.ready")).isEqualTo(1);
    assertThat(metrics.account("f").settled()).containsEntry(Outcome.HANDLED, 7L);
    assertThatThrownBy(() -> metrics.account("g")).hasMessageContaining("function g");
  }

  @Test
  void a_key_that_fails_shows_with_what_waits_behind_it_and_how_old_it_is() {
    world.in.retaining(Duration.ofHours(24));
    failing = true;
    var unused =
        world.worker("w", spec(RetryPolicy.forever().parkingNoKeys())).observedBy(metrics).start();
    world.advance(5);
    for (int i = 0; i < 5; i++) {
      world.put("poison", "p");
      world.put("k" + i, "good");
    }
    world.advance(60);

    assertThat(of("headrace.keys.failing")).isEqualTo(1);
    assertThat(of("headrace.keys.busy")).isEqualTo(1);
    assertThat(of("headrace.records.waiting")).isEqualTo(4);
    assertThat(of("headrace.records.under.way")).isEqualTo(5);
    assertThat(of("headrace.attempts.failed")).isGreaterThan(3);
    assertThat(of("headrace.iterator.age")).isBetween(58.0, 60.0);
    assertThat(of("headrace.reader.behind")).isZero();
    assertThat(of("headrace.time.to.retention")).isBetween(86_340.0, 86_342.0);

    failing = false;
    world.advance(90);
    assertThat(of("headrace.keys.failing")).isZero();
    assertThat(of("headrace.keys.busy")).isZero();
    assertThat(of("headrace.records.waiting")).isZero();
    assertThat(of("headrace.iterator.age")).isZero();
    assertThat(of("headrace.account.off")).isZero();
  }

  @Test
  void the_time_to_retention_is_no_number_where_the_stream_does_not_say() {
    var unused = world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);

    assertThat(of("headrace.time.to.retention")).isNaN();
  }

  @Test
  void an_outage_shows_with_its_dependency_and_asks_for_no_worker() {
    down = true;
    var unused = world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);
    world.put("k", "good");
    world.advance(20);

    assertThat(of("headrace.dependency.unavailable", "dependency", "crm")).isEqualTo(1);
    assertThat(of("headrace.attempts.failed")).isZero();
    assertThat(of("headrace.workers.wanted")).isEqualTo(1);

    down = false;
    world.advance(60);
    assertThat(of("headrace.dependency.unavailable", "dependency", "crm")).isZero();
    assertThat(of("headrace.records.settled", "outcome", "handled")).isEqualTo(1);
  }

  @Test
  void a_sink_that_is_down_shows_until_it_takes_letters_again() {
    var unused = world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);
    world.lettersDown = true;
    world.put("k", "bad");
    world.advance(10);
    assertThat(of("headrace.sinks.down", "function", "f")).isEqualTo(1);

    world.lettersDown = false;
    world.advance(60);
    assertThat(of("headrace.sinks.down", "function", "f")).isZero();
    assertThat(of("headrace.letters", "code", "bad")).isEqualTo(1);
  }

  @Test
  void a_sink_that_was_down_is_no_matter_of_who_has_the_shard_no_more() {
    var unused = world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);
    var shards =
        world.in.shardsNow().stream().map(shard -> new ShardKey(world.in.id(), shard.id()));
    var both = shards.toList();
    for (var shard : both) {
      metrics.on(
          new FunctionEvent.SinkUnavailable(
              "f", shard, "file x", new IllegalStateException(), Duration.ofSeconds(1)));
    }
    assertThat(of("headrace.sinks.down")).as("one sink, found down in two shards").isEqualTo(1);

    metrics.on(new WorkerEvent.ShardStopped(both.get(0), "went to another worker"));
    assertThat(of("headrace.sinks.down")).isEqualTo(1);
    metrics.on(new WorkerEvent.FunctionResumed(both.get(1), "f"));
    assertThat(of("headrace.sinks.down")).isZero();
  }

  @Test
  void what_lasted_is_over_when_the_worker_has_ended() {
    failing = true;
    var running =
        world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics.withShards()).start();
    world.advance(5);
    world.put("poison", "p");
    world.advance(5);
    assertThat(of("headrace.iterator.age")).isGreaterThan(4);
    assertThat(of("headrace.records.under.way")).isEqualTo(1);

    running.crash();
    world.advance(5);
    assertThat(of("headrace.iterator.age")).isNaN();
    assertThat(of("headrace.commit.age")).isNaN();
    assertThat(of("headrace.shards", "state", "running")).isZero();
    assertThat(of("headrace.workers.wanted")).isZero();
    assertThat(of("headrace.worker.alive")).isZero();
  }

  @Test
  void codes_beyond_the_bound_are_counted_together() {
    var unused = world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);
    for (int i = 0; i < InputMeters.CODES_MAX + 7; i++) {
      world.put("k", String.format("bad-%03d", i));
    }
    world.advance(30);

    assertThat(registry.find("headrace.letters").meters()).hasSize(InputMeters.CODES_MAX + 1);
    assertThat(of("headrace.letters", "code", "other")).isEqualTo(7);
  }

  @Test
  void a_key_that_is_parked_shows_with_what_lies_in_the_store_until_it_resumes() {
    failing = true;
    var unused = world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);
    for (int i = 0; i < 5; i++) {
      world.put("poison", "p");
    }
    world.advance(60);

    assertThat(of("headrace.keys.parked")).isEqualTo(1);
    assertThat(of("headrace.parked.records")).isEqualTo(5);
    assertThat(of("headrace.parked.bytes")).isPositive();
    assertThat(of("headrace.records.settled", "outcome", "parked")).isEqualTo(5);
    assertThat(of("headrace.iterator.age")).isZero();
    assertThat(of("headrace.account.off")).isZero();

    failing = false;
    world.advance(90);
    assertThat(of("headrace.keys.parked")).isZero();
    assertThat(of("headrace.parked.records")).isZero();
    assertThat(of("headrace.parked.bytes")).isZero();
    assertThat(of("headrace.account.off")).isZero();
  }

  @Test
  void each_shard_has_an_age_only_where_that_is_wanted_and_while_it_is_here() {
    var running =
        world
            .worker("w", spec(RetryPolicy.forever().parkingNoKeys()))
            .observedBy(metrics.withShards())
            .start();
    failing = true;
    world.advance(5);
    world.put("poison", "p");
    world.advance(20);

    var ages =
        registry.find("headrace.shard.iterator.age").gauges().stream()
            .map(gauge -> gauge.value())
            .sorted()
            .toList();
    assertThat(ages).hasSize(2);
    assertThat(ages.get(0)).isZero();
    assertThat(ages.get(1)).isGreaterThan(15);

    running.crash();
    world.advance(5);
    metrics.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void two_workers_share_a_registry_by_a_tag_of_their_own_and_not_without() {
    var one = HeadraceMetrics.in(registry).tagged("worker", "one");
    var two = HeadraceMetrics.in(registry).tagged("worker", "two");
    var unused = world.worker("one", spec(RetryPolicy.forever())).observedBy(one).start();
    var unused2 = world.worker("two", spec(RetryPolicy.forever())).observedBy(two).start();
    world.advance(20);

    assertThat(of("headrace.shards", "state", "running", "worker", "one")).isEqualTo(1);
    assertThat(of("headrace.shards", "state", "running", "worker", "two")).isEqualTo(1);
    assertThat(of("headrace.workers", "worker", "two")).isEqualTo(2);
    var again = HeadraceMetrics.in(registry).tagged("worker", "two");
    assertThatThrownBy(
            () -> world.worker("3", spec(RetryPolicy.forever())).observedBy(again).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("tagged(\"worker\"");
  }

  @Test
  void a_worker_with_other_tags_than_the_one_in_the_registry_is_refused_and_leaves_nothing() {
    var unused = world.worker("one", spec(RetryPolicy.forever())).observedBy(metrics).start();
    int before = registry.getMeters().size();
    var other = HeadraceMetrics.in(registry).tagged("worker", "two");

    assertThatThrownBy(
            () -> world.worker("two", spec(RetryPolicy.forever())).observedBy(other).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("under other tags, [application, function, stream]")
        .hasMessageContaining("tagged(\"worker\"");
    assertThat(registry.getMeters()).hasSize(before);
  }

  @Test
  void a_registry_may_add_tags_of_its_own() {
    registry.config().commonTags("host", "h1");
    var unused = world.worker("one", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);
    assertThat(of("headrace.shards", "state", "running", "host", "h1")).isEqualTo(2);

    var again = HeadraceMetrics.in(registry);
    assertThatThrownBy(
            () -> world.worker("two", spec(RetryPolicy.forever())).observedBy(again).start())
        .hasMessageContaining("is in this registry already");
  }

  @Test
  void ages_come_in_the_unit_of_the_registry() {
    var millis =
        new SimpleMeterRegistry() {
          @Override
          protected TimeUnit getBaseTimeUnit() {
            return TimeUnit.MILLISECONDS;
          }
        };
    failing = true;
    var unused =
        world
            .worker("w", spec(RetryPolicy.forever()))
            .observedBy(HeadraceMetrics.in(millis))
            .start();
    world.advance(5);
    world.put("poison", "p");
    world.advance(5);

    assertThat(value(millis, "headrace.iterator.age")).isBetween(4_000.0, 6_000.0);
    assertThat(value(millis, "headrace.memory.used")).isPositive();
  }

  @Test
  void a_function_of_two_streams_is_told_apart_by_stream() {
    var other = world.streams.create("other", 1, world.loop);
    var spec =
        FunctionSpec.named("both")
            .reading(
                World.input(),
                io.headrace.function.Input.of(
                    io.headrace.kcl.StreamSource.kinesis("other"), new World.Words()))
            .handledBy(
                () ->
                    (event, out) -> {
                      if (event.value().equals("bad")) {
                        throw new TerminalFailure("bad", "no");
                      }
                    },
                Destination.<String>nowhere());
    var unused = world.worker("w", spec).observedBy(metrics).start();
    world.advance(5);
    world.put("k", "good");
    var put = other.put("k", "bad".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    world.advance(5);

    assertThat(put).isNotNull();
    assertThat(of("headrace.records.settled", "stream", "in", "outcome", "handled")).isEqualTo(1);
    assertThat(of("headrace.letters", "stream", "other", "code", "bad")).isEqualTo(1);
    assertThat(metrics.account("both").taken()).isEqualTo(2);
  }

  @Test
  void no_tag_holds_a_key_or_a_payload() {
    var unused = world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);
    world.put("secret-key", "secret-payload");
    world.advance(5);

    Set<String> keys =
        registry.getMeters().stream()
            .flatMap(meter -> meter.getId().getTags().stream())
            .map(tag -> tag.getKey())
            .collect(Collectors.toSet());
    assertThat(keys)
        .isSubsetOf("application", "function", "stream", "outcome", "state", "code", "what");
    assertThat(registry.getMeters().stream().map(Meter::getId).map(Object::toString))
        .noneMatch(id -> id.contains("secret"));
  }

  @Test
  void counting_a_record_allocates_nothing() {
    var unused = world.worker("w", spec(RetryPolicy.forever())).observedBy(metrics).start();
    world.advance(5);
    world.put("k", "good");
    world.advance(5);
    var event =
        new io.headrace.kcl.WorkerEvent.Settled(
            new io.headrace.kcl.ShardKey(world.in.id(), world.in.shardsNow().get(0).id()),
            "f",
            io.headrace.kcl.Position.of(1),
            Outcome.HANDLED);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    for (int i = 0; i < 20_000; i++) {
      metrics.on(event);
    }

    long before = threads.getThreadAllocatedBytes(self);
    for (int i = 0; i < 100_000; i++) {
      metrics.on(event);
    }
    long allocated = threads.getThreadAllocatedBytes(self) - before;

    // What asking allocates, and the thread's own bookkeeping; 100,000 of anything is far more.
    assertThat(allocated).isLessThan(50_000);
  }
}
