package io.headrace.bench.producer;

import io.headrace.bench.consumer.Consumers;
import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Span;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.ProducerSettings;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import software.amazon.awssdk.core.SdkBytes;

/**
 * A measured producer as a process: puts a number of records as fast as it goes, or some on a
 * timetable, and prints its figures as one line of JSON.
 */
final class WriterProgram {
  private static final Duration STORED_MAX = Duration.ofMinutes(3);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

  private final Contestant contestant;
  private final LoadClient client;
  private final KinesisConnector connector;
  private final Supply supply = new Supply(1);

  private WriterProgram(Contestant contestant, LoadClient client) {
    this.contestant = contestant;
    this.client = client;
    this.connector = new KinesisConnector(client.sdk());
  }

  static List<String> throughput(Contestant contestant, String endpoint, ProducerPlan plan) {
    return List.of(
        "load=throughput",
        "contestant=" + contestant,
        "endpoint=" + endpoint,
        "warmRecords=" + plan.warmRecords(),
        "records=" + plan.records());
  }

  static List<String> latency(Contestant contestant, String endpoint, ProducerPlan plan) {
    return List.of(
        "load=latency",
        "contestant=" + contestant,
        "endpoint=" + endpoint,
        "warmUpMillis=" + plan.warmUp().toMillis(),
        "measuredMillis=" + plan.measured().toMillis());
  }

  /** Takes what {@link #throughput} or {@link #latency} writes. */
  public static void main(String[] args) {
    Arguments given = Arguments.parse(Arrays.asList(args));
    Figures figures = new Figures();
    int exitCode = 0;
    try (LoadClient client = LoadClient.http1(given.uri("endpoint"))) {
      WriterProgram program =
          new WriterProgram(
              Contestant.valueOf(given.text("contestant").toUpperCase(Locale.ROOT)), client);
      figures.putAll(
          given.text("load").equals("throughput")
              ? program.putAll(given.number("warmRecords"), given.number("records"))
              : program.play(given.millis("warmUpMillis"), given.millis("measuredMillis")));
    } catch (RuntimeException | InterruptedException e) {
      System.err.println(NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    System.out.println(figures.line());
    System.exit(exitCode);
  }

  private Figures putAll(long warmRecords, long records) throws InterruptedException {
    Span span = new Span(warmRecords, records);
    try (Puts puts = puts(span::add)) {
      for (long i = 0; i < warmRecords + records; i++) {
        puts.put(supply.key(i), supply.data(i));
        if (i % Puts.BATCH == 0) {
          puts.requireAnswers();
        }
      }
      puts.flush();
      return span.await(STORED_MAX, "put").put("put.records_call", puts.recordsPerCall());
    }
  }

  private Puts puts(Puts.Stored stored) {
    return contestant == Contestant.SDK
        ? new BarePuts(client, Consumers.STREAM, stored)
        : new ProducerPuts(connector.producer(Consumers.STREAM, settings()), stored);
  }

  /** What the loop does, too: batches and calls like it, and no regard to the limits of shards. */
  private ProducerSettings settings() {
    ProducerSettings alike =
        ProducerSettings.DEFAULT.withoutRateLimit().calling(Puts.CALLS, Puts.BATCH);
    return switch (contestant) {
      case ORDERED -> alike.ordered();
      case AGGREGATED -> alike.aggregating(ProducerSettings.Aggregation.BY_SHARD);
      default -> alike;
    };
  }

  /** Puts one by one: the loop with a PutRecord each, the producer at its defaults. */
  private Figures play(Duration warmUp, Duration measured) {
    if (contestant == Contestant.SDK) {
      return play(warmUp, measured, this::putRecord);
    }
    try (var producer = connector.producer(Consumers.STREAM, settings())) {
      return play(
          warmUp,
          measured,
          number ->
              producer.put(
                  new io.headrace.kcl.StreamSink.Entry(supply.key(number), supply.data(number))));
    }
  }

  private CompletionStage<?> putRecord(long number) {
    return client
        .sdk()
        .putRecord(
            request ->
                request
                    .streamName(Consumers.STREAM)
                    .partitionKey(supply.key(number))
                    .data(SdkBytes.fromByteArrayUnsafe(supply.data(number))));
  }

  private static Figures play(
      Duration warmUp, Duration measured, LongFunction<CompletionStage<?>> put) {
    Acknowledged warm = new Acknowledged();
    warm.play(warmUp, put);
    Acknowledged acknowledged = new Acknowledged();
    return acknowledged.play(measured, put);
  }

  /** How long records take from when they were due to when they are known to be stored. */
  private static final class Acknowledged {
    private final Queue<Double> millis = new ConcurrentLinkedQueue<>();
    private final AtomicLong failures = new AtomicLong();

    Figures play(Duration time, LongFunction<CompletionStage<?>> put) {
      long interval = 1_000_000_000L / ProducerPlan.RATE;
      long count = time.toNanos() / interval;
      long start = System.nanoTime() + interval;
      for (long i = 0; i < count; i++) {
        long due = start + i * interval;
        Pause.until(due);
        var unused =
            put.apply(i)
                .whenComplete(
                    (stored, failed) -> {
                      if (failed == null) {
                        millis.add((System.nanoTime() - due) / 1e6);
                      } else {
                        failures.incrementAndGet();
                      }
                    });
      }
      await(count);
      Samples samples = Samples.of(millis);
      String prefix = "acknowledged." + ProducerPlan.RATE;
      return new Figures()
          .put(prefix + ".p50_ms", samples.percentile(50))
          .put(prefix + ".p99_ms", samples.percentile(99))
          .put(prefix + ".max_ms", samples.max());
    }

    private void await(long count) {
      long end = System.nanoTime() + ANSWER_MAX.toNanos();
      while (millis.size() < count) {
        if (failures.get() > 0 || System.nanoTime() > end) {
          throw new NotMeasured(
              "%d of %d records were stored, %d failed"
                  .formatted(millis.size(), count, failures.get()));
        }
        Pause.millis(5);
      }
    }
  }
}
