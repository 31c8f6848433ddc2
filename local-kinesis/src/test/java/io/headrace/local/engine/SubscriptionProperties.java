package io.headrace.local.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.local.VirtualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/**
 * Whatever happens in whatever order, a reader that goes on where it was gets every record of every
 * shard exactly once and in order, and finds every child.
 */
class SubscriptionProperties {
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final int STEPS = 150;

  @Property(tries = 300)
  void every_record_comes_exactly_once_and_in_order(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int shards) {
    Course course = new Course(new Random(seed), shards);
    for (int step = 0; step < STEPS; step++) {
      course.step();
    }
    course.readToTheEnd();

    assertThat(course.received()).as("seed %d, %d shards", seed, shards).isEqualTo(course.put);
  }

  /** How a reader follows one shard: what it has, and where it goes on. */
  private static final class Reader {
    final String shardId;
    final List<String> received = new ArrayList<>();
    StartFrom from = new StartFrom.TrimHorizon();
    @Nullable Subscription subscription;
    boolean ended;

    Reader(String shardId) {
      this.shardId = shardId;
    }
  }

  private static final class Course {
    final Map<String, List<String>> put = new TreeMap<>();
    private final Random random;
    private final VirtualClock clock = new VirtualClock();
    private final Engine engine;
    private final ConsumerArn app;
    private final Map<String, Reader> readers = new LinkedHashMap<>();
    private int texts;

    Course(Random random, int shards) {
      this.random = random;
      Duration takes = random.nextBoolean() ? Duration.ZERO : Duration.ofSeconds(2);
      this.engine = new Engine(clock, new EngineSettings(64L << 20, 1_000, takes));
      engine.createStream(ORDERS, StreamMode.PROVISIONED, shards);
      clock.advance(Duration.ofSeconds(2));
      this.app = engine.fanOut().register(ORDERS, "app", Labels.NONE).arn();
      clock.advance(Duration.ofSeconds(2));
      openShards().forEach(shard -> readers.put(shard.id(), new Reader(shard.id())));
    }

    void step() {
      int kind = random.nextInt(100);
      if (kind < 35) {
        put();
      } else if (kind < 40) {
        reshard();
      } else if (kind < 50) {
        clock.advance(Duration.ofMillis(random.nextInt(6_000)));
      } else if (kind < 52) {
        clock.advance(Duration.ofMinutes(5));
      } else {
        Reader reader = any(List.copyOf(readers.values()));
        if (kind < 60) {
          disconnect(reader);
        } else if (kind < 65) {
          takeOver(reader);
        } else {
          read(reader);
        }
      }
    }

    void readToTheEnd() {
      boolean more = true;
      while (more) {
        clock.advance(Duration.ofSeconds(2));
        more = false;
        for (Reader reader : List.copyOf(readers.values())) {
          int before = reader.received.size();
          boolean wasEnded = reader.ended;
          for (int i = 0; i < 20; i++) {
            read(reader);
          }
          more |= reader.received.size() > before || reader.ended != wasEnded;
        }
      }
    }

    Map<String, List<String>> received() {
      Map<String, List<String>> received = new TreeMap<>();
      for (Reader reader : readers.values()) {
        if (!reader.received.isEmpty()) {
          received.put(reader.shardId, reader.received);
        }
      }
      return received;
    }

    private void put() {
      List<PutEntry> entries = new ArrayList<>();
      List<String> wanted = new ArrayList<>();
      for (int i = random.nextInt(5); i >= 0; i--) {
        String text = "text " + texts++;
        wanted.add(text);
        byte[] data = text.getBytes(UTF_8);
        entries.add(PutEntry.of("k" + random.nextInt(), null, data));
      }
      List<PutOutcome> outcomes = engine.put(ORDERS, entries);
      for (int i = 0; i < outcomes.size(); i++) {
        PutOutcome.Stored stored = (PutOutcome.Stored) outcomes.get(i);
        put.computeIfAbsent(stored.shardId(), id -> new ArrayList<>()).add(wanted.get(i));
      }
    }

    private void reshard() {
      if (engine.describe(ORDERS).status() != StreamStatus.ACTIVE) {
        return;
      }
      List<ShardView> open = openShards();
      ShardView shard = any(open);
      if (random.nextBoolean()) {
        HashRange range = shard.range();
        String middle = range.start().number().add(range.end().number()).shiftRight(1).toString();
        engine.splitShard(ORDERS, shard.id(), middle);
      } else {
        for (ShardView other : open) {
          if (shard.range().meets(other.range())) {
            engine.mergeShards(ORDERS, shard.id(), other.id());
            return;
          }
        }
      }
    }

    private void read(Reader reader) {
      Subscription subscription = reader.subscription;
      if (reader.ended) {
        return;
      }
      if (subscription == null) {
        subscribe(reader);
        return;
      }
      Pushed next = engine.fanOut().next(subscription, 1 + random.nextInt(60));
      if (next instanceof Pushed.Event event) {
        take(reader, event);
      } else if (next instanceof Pushed.Ended || next instanceof Pushed.Failed) {
        reader.subscription = null;
      } else {
        assertThat(subscription.isDue(clock.millis()))
            .as("it waits, so time brings nothing")
            .isFalse();
      }
    }

    private void take(Reader reader, Pushed.Event event) {
      if (random.nextInt(20) == 0) {
        // The event is lost on the way, and the connection with it.
        disconnect(reader);
        return;
      }
      event.records().forEach(each -> reader.received.add(new String(each.data(), UTF_8)));
      String continuation = event.continuation();
      // What the library of the service's users checks of every event.
      assertThat(continuation == null).isEqualTo(!event.childShards().isEmpty());
      if (continuation == null) {
        reader.ended = true;
        for (ChildShard child : event.childShards()) {
          assertThat(child.parentIds()).contains(reader.shardId);
          readers.computeIfAbsent(child.id(), Reader::new);
        }
      } else {
        reader.from =
            random.nextBoolean()
                ? new StartFrom.At(continuation)
                : new StartFrom.After(continuation);
      }
    }

    private void disconnect(Reader reader) {
      Subscription subscription = reader.subscription;
      if (subscription != null) {
        subscription.cancel(clock.millis());
        reader.subscription = null;
      }
    }

    private void takeOver(Reader reader) {
      Subscription before = reader.subscription;
      if (before != null && !reader.ended) {
        clock.advance(Duration.ofSeconds(5));
        subscribe(reader);
        assertThat(engine.fanOut().next(before, 100)).isNotInstanceOf(Pushed.Event.class);
      }
    }

    private void subscribe(Reader reader) {
      reader.subscription = engine.fanOut().subscribe(app, reader.shardId, reader.from);
    }

    private List<ShardView> openShards() {
      return engine.listShards(ORDERS, new ShardFilter.AtLatest(), -1, 1_000).shards();
    }

    private <T> T any(List<T> list) {
      return list.get(random.nextInt(list.size()));
    }
  }
}
