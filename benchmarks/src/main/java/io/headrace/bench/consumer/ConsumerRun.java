package io.headrace.bench.consumer;

import io.headrace.bench.local.Kinesalite;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.ConsumerSettings.Measuring;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.PutLoad;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.ServerProcess;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Has all consumers of a part read one backlog, one after the other. Confined to the thread of the
 * benchmark.
 */
final class ConsumerRun {
  private static final int SERVER_HEAP_MEBIBYTES = 5120;
  private static final Duration FILL_MAX = Duration.ofMinutes(10);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);
  private static final int REST_MILLIS = 5_000;

  private final ConsumerPlan plan;
  private final Checkout checkout;
  private final Consumer<String> progress;
  private final Results results = new Results();
  private String kclVersion = "not run";

  ConsumerRun(ConsumerPlan plan, Checkout checkout, Consumer<String> progress) {
    this.plan = plan;
    this.checkout = checkout;
    this.progress = progress;
  }

  Results run() {
    Entrants entrants = Entrants.of(plan.consumers(), checkout, results, progress);
    kclVersion = entrants.kclVersion();
    try (Consumers consumers = Consumers.open(checkout, "consumer")) {
      for (Part part : plan.parts()) {
        if (plan.of(part, 1).stream().anyMatch(entrants.contestants()::contains)) {
          measure(part, Set.copyOf(entrants.contestants()), consumers);
        }
      }
    } catch (NotMeasured e) {
      results.failed("all consumers", e);
    }
    return results;
  }

  /** Of the library that was run. */
  String kclVersion() {
    return kclVersion;
  }

  private void measure(Part part, Set<Contestant> entrants, Consumers consumers) {
    try (ServerProcess kinesis = server(part)) {
      Map<Contestant, Stretch> stretches =
          part == Part.KINESALITE
              ? Kinesalite.calling(() -> fill(part, entrants, kinesis))
              : fill(part, entrants, kinesis);
      for (int round = 1; round <= plan.rounds(); round++) {
        for (Contestant contestant : plan.of(part, round)) {
          Stretch stretch = stretches.get(contestant);
          if (stretch != null) {
            int number = round;
            results.attempt(
                contestant.label() + ", round " + round,
                progress,
                () -> backlog(number, contestant, stretch, kinesis, consumers));
          }
        }
      }
    } catch (NotMeasured e) {
      results.failed("part " + part, e);
    }
  }

  private ServerProcess server(Part part) {
    return part == Part.KINESALITE
        ? Kinesalite.start(checkout)
        : OwnServer.start(
            "off", SERVER_HEAP_MEBIBYTES, checkout.logs("consumer").resolve("kinesis.log"));
  }

  /** A stream that is read to its end. */
  private record Stretch(String stream, long check) {}

  /** Puts a stream for each amount that somebody is to read. */
  private Map<Contestant, Stretch> fill(
      Part part, Set<Contestant> entrants, ServerProcess kinesis) {
    Map<Contestant, Stretch> stretches = new EnumMap<>(Contestant.class);
    Set<Long> put = new LinkedHashSet<>();
    try (LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      for (Contestant contestant : plan.of(part, 1)) {
        if (!entrants.contains(contestant)) {
          continue;
        }
        long records = contestant.share(plan.warmRecords(part) + plan.records(part));
        String stream = Consumers.STREAM + "-" + records;
        if (put.add(records)) {
          progress.accept("puts %,d records for %s".formatted(records, part));
          client.create(stream);
          long check = PutLoad.backlog(client, stream, part.payload(), records, FILL_MAX);
          stretches.put(contestant, new Stretch(stream, check));
        } else {
          stretches.values().stream()
              .filter(stretch -> stretch.stream().equals(stream))
              .findFirst()
              .ifPresent(stretch -> stretches.put(contestant, stretch));
        }
      }
    }
    return stretches;
  }

  private void backlog(
      int round,
      Contestant contestant,
      Stretch stretch,
      ServerProcess kinesis,
      Consumers consumers) {
    try (Dialogue consumer =
        consumers.start(
            contestant,
            kinesis.endpoint(),
            new Consumers.Task(
                stretch.stream(),
                Measuring.BACKLOG,
                contestant.share(plan.warmRecords(contestant.part())),
                contestant.share(plan.records(contestant.part())),
                stretch.check()))) {
      String max = Long.toString(ConsumerPlan.BACKLOG_MAX.toMillis());
      keep(
          round,
          contestant,
          consumer.ask("backlog " + max, ConsumerPlan.BACKLOG_MAX.plus(ANSWER_MAX)));
      if (round == 1) {
        keep(round, contestant, consumer.ask("rest " + REST_MILLIS, ANSWER_MAX));
      }
    }
  }

  private void keep(int round, Contestant contestant, String line) {
    results.add(round, contestant.label(), null, Figures.parse(line));
  }
}
