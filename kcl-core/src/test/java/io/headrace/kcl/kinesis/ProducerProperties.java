package io.headrace.kcl.kinesis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.kinesis.ProducerSettings.Aggregation;
import io.headrace.kcl.kinesis.ShardedKinesis.Found;
import io.headrace.kcl.kinesis.ShardedKinesis.Reader;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random courses of puts by one and by several, refusals, errors, calls that are taken for wrong,
 * answers that are lost or broken, late copies, splits and merges: whatever happens, each record's
 * future tells the truth.
 */
class ProducerProperties {
  private static final int COURSES = 25;

  private record Sent(String key, int number, CompletableFuture<Stored> stage) {}

  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void every_future_tells_the_truth_and_keys_keep_their_order(Aggregation aggregation) {
    for (long seed = 0; seed < COURSES; seed++) {
      play(seed, ProducerSettings.DEFAULT.ordered().aggregating(aggregation));
    }
  }

  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void every_future_tells_the_truth_without_order(Aggregation aggregation) {
    for (long seed = 1_000; seed < 1_000 + COURSES; seed++) {
      play(seed, ProducerSettings.DEFAULT.aggregating(aggregation));
    }
  }

  @Test
  void
      nothing_is_lost_and_nothing_fails_while_a_stream_is_resharded_and_refuses_what_is_too_much() {
    for (long seed = 2_000; seed < 2_000 + COURSES; seed++) {
      var random = new SplittableRandom(seed);
      var loop = new SimulatedLoop(seed);
      var kinesis = new ShardedKinesis(loop, random, 3);
      kinesis.listsBehind = Duration.ofMillis(random.nextInt(500));
      kinesis.recordsRefused = random.nextBoolean() ? 0 : random.nextInt(60);
      var settings =
          ProducerSettings.DEFAULT
              .ordered()
              .aggregating(Aggregation.BY_SHARD)
              .withoutRateLimit()
              .livingFor(Duration.ofMinutes(5));
      var sent = putAll(loop, random, kinesis, kinesis.producer(settings), seed);
      loop.advance(Duration.ofMinutes(5));
      assertThat(sent).as("seed %d", seed).allSatisfy(s -> assertThat(s.stage()).isCompleted());
      check(seed, settings, sent, kinesis);
    }
  }

  private static void play(long seed, ProducerSettings from) {
    var random = new SplittableRandom(seed);
    var loop = new SimulatedLoop(seed);
    var kinesis = new ShardedKinesis(loop, random, 1 + random.nextInt(5));
    kinesis.recordsRefused = random.nextInt(30);
    kinesis.callsRefused = random.nextInt(15);
    kinesis.callsDoneAndFailed = random.nextInt(10);
    kinesis.callsNeverAnswered = random.nextInt(8);
    kinesis.callsInvalid = random.nextInt(4);
    kinesis.recordsBroken = random.nextInt(3);
    kinesis.listsRefused = random.nextInt(40);
    kinesis.listsBehind = Duration.ofMillis(random.nextInt(1_500));
    var settings =
        from.lingering(Duration.ofMillis(random.nextInt(20)))
            .livingFor(Duration.ofSeconds(5 + random.nextInt(60)))
            .usingOfEachShard(random.nextBoolean() ? 0 : 0.2 + random.nextDouble())
            .calling(1 + random.nextInt(5), 1 + random.nextInt(100))
            .aggregatesOf(500 + random.nextInt(20_000));
    var producer = kinesis.producer(settings);

    var sent = putAll(loop, random, kinesis, producer, seed);
    var flushed = producer.flush().toCompletableFuture();
    loop.advance(Duration.ofMinutes(3));

    assertThat(flushed).as("seed %d", seed).isCompleted();
    assertThat(kinesis.underWayMost).isLessThanOrEqualTo(settings.callsMax());
    check(seed, settings, sent, kinesis);
    var figures = producer.figures();
    assertThat(figures.stored() + figures.failed()).as("seed %d", seed).isEqualTo(sent.size());
    assertThat(figures.queuedRecords()).isZero();
    var closed = producer.close(Duration.ZERO).toCompletableFuture();
    loop.runUntilIdle();
    assertThat(closed).isCompleted();
  }

  private static List<Sent> putAll(
      SimulatedLoop loop,
      SplittableRandom random,
      ShardedKinesis kinesis,
      HeadraceProducer producer,
      long seed) {
    var sent = new ArrayList<Sent>();
    int keys = 1 + random.nextInt(40);
    for (int step = 0; step < 40; step++) {
      for (int i = random.nextInt(40); i > 0; i--) {
        var entry = entry(random, keys, sent.size());
        var stage = producer.put(entry);
        sent.add(new Sent(entry.partitionKey(), sent.size(), stage.toCompletableFuture()));
      }
      if (random.nextInt(4) == 0) {
        putTogether(random, keys, producer, sent);
      }
      if (random.nextInt(8) == 0) {
        kinesis.splitOne();
      }
      if (random.nextInt(8) == 0) {
        kinesis.mergeTwo();
      }
      loop.advance(Duration.ofMillis(random.nextInt(400)));
    }
    assertThat(sent).as("seed %d", seed).isNotEmpty();
    return sent;
  }

  private static Entry entry(SplittableRandom random, int keys, int number) {
    String data = number + " ".repeat(random.nextInt(300));
    var headers = random.nextInt(4) == 0 ? Map.of(Entry.ID, "" + number) : noHeaders();
    return new Entry("key-" + random.nextInt(keys), data.getBytes(UTF_8), headers);
  }

  /** Records that fail together; each has its part of what the put tells. */
  private static void putTogether(
      SplittableRandom random, int keys, HeadraceProducer producer, List<Sent> sent) {
    var entries = new ArrayList<Entry>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      entries.add(entry(random, keys, sent.size() + entries.size()));
    }
    var stage = producer.putAll(entries);
    for (int i = 0; i < entries.size(); i++) {
      int place = i;
      sent.add(
          new Sent(
              entries.get(i).partitionKey(),
              sent.size(),
              stage.thenApply(stored -> stored.get(place)).toCompletableFuture()));
    }
  }

  private static Map<String, String> noHeaders() {
    return Map.of();
  }

  /** Whichever way a reader deals with aggregates that went astray. */
  private static void check(
      long seed, ProducerSettings settings, List<Sent> sent, ShardedKinesis kinesis) {
    checkFailures(seed, sent, kinesis.foundBy(Reader.OF_ALL));
    checkStored(seed, settings, sent, kinesis.foundBy(Reader.OF_WHAT_BELONGS));
    checkStored(seed, settings, sent, kinesis.foundBy(Reader.OF_WHOLE_AGGREGATES));
  }

  private static void checkFailures(long seed, List<Sent> sent, List<Found> found) {
    var stored = found.stream().map(Found::data).collect(Collectors.toSet());
    for (Sent each : sent) {
      assertThat(each.stage()).as(name(seed, each)).isDone();
      if (each.stage().isCompletedExceptionally()) {
        var failure = failureOf(each.stage());
        if (!failure.mayBeStored()) {
          assertThat(stored)
              .as(name(seed, each) + " " + failure.reason())
              .doesNotContain(Integer.toString(each.number()));
        }
      }
    }
  }

  private static void checkStored(
      long seed, ProducerSettings settings, List<Sent> sent, List<Found> found) {
    var places = ShardedKinesis.byPlace(found);
    var firsts = new HashMap<String, Integer>();
    for (int i = 0; i < found.size(); i++) {
      firsts.putIfAbsent(found.get(i).data(), i);
    }
    var lastOfKey = new HashMap<String, Integer>();
    for (Sent each : sent) {
      if (each.stage().isCompletedExceptionally()) {
        continue;
      }
      String data = Integer.toString(each.number());
      Stored at = each.stage().join();
      var there = places.get(at.shard() + " " + at.position());
      assertThat(there).as(name(seed, each) + " at " + at).isNotNull();
      assertThat(there.data()).as(name(seed, each)).isEqualTo(data);
      assertThat(there.key()).as(name(seed, each)).isEqualTo(each.key());
      if (settings.inOrder() || settings.aggregation() == Aggregation.BY_KEY) {
        int first = firsts.get(data);
        assertThat(lastOfKey.getOrDefault(each.key(), -1))
            .as(name(seed, each) + " in order")
            .isLessThan(first);
        lastOfKey.put(each.key(), first);
      }
    }
  }

  private static String name(long seed, Sent each) {
    return "seed " + seed + ", record " + each.number() + " of " + each.key();
  }

  static PutException failureOf(CompletableFuture<?> stage) {
    assertThat(stage).isCompletedExceptionally();
    return (PutException)
        stage.handle((value, failure) -> io.headrace.kcl.loop.Stages.causeOf(failure)).join();
  }
}
