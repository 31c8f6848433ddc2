package io.headrace.bench.producer;

import io.headrace.bench.consumer.Consumers;
import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.KeyOrder;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.kinesis.HeadraceProducer;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.ProducerFigures;
import io.headrace.kcl.kinesis.ProducerSettings;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * Puts records in the order of their keys into shards that take fewer than come, while one of them
 * is split and two are merged; prints what became of them. A process of its own.
 */
final class OrderProgram {
  private static final int KEYS = 500;

  /** A shard takes a thousand records or a MiB a second: aggregates and others meet its limits. */
  private static final int DATA_BYTES = 1_000;

  private static final Duration TIME_TO_LIVE = Duration.ofMinutes(5);
  private static final Duration CLOSE_MAX = Duration.ofMinutes(5);
  static final String STORED = "order.stored";
  static final String THROTTLED = "order.throttled";

  private final LoadClient client;
  private final AtomicLong stored = new AtomicLong();
  private final AtomicReference<@Nullable String> failure = new AtomicReference<>();

  private OrderProgram(LoadClient client) {
    this.client = client;
  }

  static List<String> command(Contestant contestant, String endpoint, ProducerPlan plan) {
    return List.of(
        "contestant=" + contestant, "endpoint=" + endpoint, "records=" + plan.orderedRecords());
  }

  /** Takes what {@link #command} writes. */
  public static void main(String[] args) {
    Arguments given = Arguments.parse(Arrays.asList(args));
    Figures figures = new Figures();
    int exitCode = 0;
    try (LoadClient client = LoadClient.http1(given.uri("endpoint"))) {
      new OrderProgram(client)
          .run(
              settings(Contestant.valueOf(given.text("contestant"))),
              (int) given.number("records"),
              figures);
    } catch (RuntimeException e) {
      System.err.println(NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    System.out.println(figures.line());
    System.exit(exitCode);
  }

  /** Without a limit of its own, so that it meets the server's. */
  private static ProducerSettings settings(Contestant contestant) {
    ProducerSettings plain = ProducerSettings.DEFAULT.withoutRateLimit().livingFor(TIME_TO_LIVE);
    return switch (contestant) {
      case ORDERED -> plain.ordered();
      case AGGREGATED -> plain.ordered().aggregating(ProducerSettings.Aggregation.BY_SHARD);
      default -> plain;
    };
  }

  private void run(ProducerSettings settings, int records, Figures figures) {
    var connector = new KinesisConnector(client.sdk());
    HeadraceProducer producer = connector.producer(Consumers.STREAM, settings);
    for (int i = 0; i < records; i++) {
      put(producer, i % KEYS, i / KEYS);
      if (i == records / 3) {
        awaitStored(records / 6);
        split();
      } else if (i == records / 3 * 2) {
        awaitStored(records / 2);
        merge();
      }
    }
    producer.close(CLOSE_MAX).toCompletableFuture().join();
    ProducerFigures told = producer.figures();
    figures
        .put(STORED, (double) stored.get())
        .put(THROTTLED, (double) told.throttled())
        .put("order.retries", (double) told.retries())
        .put("order.misrouted", (double) told.misrouted())
        .put("order.records_call", told.calls() == 0 ? 0 : (double) told.stored() / told.calls());
    String failed = failure.get();
    if (failed != null) {
      throw new NotMeasured(
          "%d of %d puts failed, one because %s"
              .formatted(records - stored.get(), records, failed));
    }
  }

  private void put(HeadraceProducer producer, int key, int number) {
    if (!producer.hasRoom()) {
      producer.room().toCompletableFuture().join();
    }
    var unused =
        producer
            .put(new Entry("key-" + key, KeyOrder.record(key, number, DATA_BYTES)))
            .whenComplete(
                (place, failed) -> {
                  if (failed == null) {
                    stored.incrementAndGet();
                  } else {
                    failure.compareAndSet(null, NotMeasured.because(failed));
                  }
                });
  }

  /** What is put next meets a change of shards while much is still queued. */
  private void awaitStored(long records) {
    while (stored.get() < records && failure.get() == null) {
      Pause.millis(5);
    }
  }

  private void split() {
    Shard first = openShards().get(0);
    BigInteger middle =
        new BigInteger(first.hashKeyRange().startingHashKey())
            .add(new BigInteger(first.hashKeyRange().endingHashKey()))
            .shiftRight(1);
    client
        .sdk()
        .splitShard(
            request ->
                request
                    .streamName(Consumers.STREAM)
                    .shardToSplit(first.shardId())
                    .newStartingHashKey(middle.toString()))
        .join();
  }

  private void merge() {
    List<Shard> open = openShards();
    int last = open.size() - 1;
    client
        .sdk()
        .mergeShards(
            request ->
                request
                    .streamName(Consumers.STREAM)
                    .shardToMerge(open.get(last - 1).shardId())
                    .adjacentShardToMerge(open.get(last).shardId()))
        .join();
  }

  /** In the order of their ranges, so that neighbours stand beside each other. */
  private List<Shard> openShards() {
    return client
        .sdk()
        .listShards(request -> request.streamName(Consumers.STREAM))
        .join()
        .shards()
        .stream()
        .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
        .sorted(
            Comparator.comparing(shard -> new BigInteger(shard.hashKeyRange().startingHashKey())))
        .toList();
  }
}
