package io.headrace.bench.chaos;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Pause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** One run: a fleet under load, disturbed, then left alone, then judged. On the main thread. */
final class ChaosRun {
  /** In which a fleet that is left alone has to deliver everything. */
  private static final Duration CALM_MAX = Duration.ofMinutes(2);

  private static final int GAP_MILLIS_MIN = 2_000;
  private static final int GAP_MILLIS_MAX = 8_000;
  private static final int DOWN_MILLIS_MAX = 4_000;
  private static final int OUTAGE_MILLIS_MAX = 15_000;
  private static final Duration CALM_FIRST = Duration.ofSeconds(8);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(3);

  /**
   * What came of it.
   *
   * @param disturbances how many there were of each kind
   * @param verdict as the judge gave it: names and numbers
   * @param ended how many worker processes ended that nobody had told to
   * @param forced how many orderly stops took too long, or ended with an error
   * @param calmSeconds from the end of all disturbances until all was delivered
   */
  record Outcome(
      Map<Disturbance, Integer> disturbances,
      int ended,
      int forced,
      String verdict,
      double calmSeconds) {}

  private final ChaosPlan plan;
  private final Path folder;
  private final Path logs;
  private final Consumer<String> progress;
  private final SplittableRandom random;
  private final Fleet fleet;
  private final Map<Disturbance, Integer> disturbances = new EnumMap<>(Disturbance.class);

  ChaosRun(ChaosPlan plan, Checkout checkout, Path folder, Consumer<String> progress) {
    this.plan = plan;
    this.folder = folder;
    this.logs = checkout.logs("chaos");
    this.progress = progress;
    this.random = new SplittableRandom(plan.seed());
    this.fleet = new Fleet(progress);
  }

  Outcome run() throws IOException, InterruptedException {
    Files.createDirectories(folder.resolve("letters"));
    try (Services services = new Services(folder, logs);
        Diary puts = new Diary(folder.resolve("puts.ndjson"));
        Diary chaos = new Diary(folder.resolve("chaos.ndjson"));
        fleet) {
      startWorkers(services);
      Load load =
          new Load(
              services.client(),
              puts,
              plan.rate(),
              random.split(),
              (key, number) -> key + " " + number);
      load.start();
      disturb(services, chaos);
      progress.accept("left alone: everything that was put has to be delivered");
      long calm = System.nanoTime();
      fleet.settle();
      load.close();
      fleet.replaceEnded();
      double calmSeconds = awaitDelivery(calm);
      fleet.stopAll();
      try (Diary outputs = new Diary(folder.resolve("outputs.ndjson"))) {
        services.readOutputs(outputs);
      }
      return new Outcome(
          disturbances,
          fleet.ended(),
          fleet.forced(),
          JudgeProcess.verdict(Judge.class, "1g", folder, logs),
          calmSeconds);
    }
  }

  private void startWorkers(Services services) {
    for (int number = 1; number <= plan.workers(); number++) {
      fleet.add(
          new Slot(
              new Slot.Program(WitnessProgram.class, List.of()),
              number,
              services.kinesis(),
              services.dynamoDb(),
              plan.leaseTime(),
              folder,
              logs));
    }
    Pause.millis(CALM_FIRST.toMillis());
  }

  private void disturb(Services services, Diary chaos) {
    long end = System.nanoTime() + plan.time().toNanos();
    Queue<Disturbance> next = new ArrayDeque<>(Disturbance.eachOnce(random));
    while (System.nanoTime() < end) {
      fleet.replaceEnded();
      if (next.isEmpty()) {
        next.addAll(Disturbance.dealt(random));
      }
      Disturbance disturbance = next.poll();
      int victim = random.nextInt(fleet.size());
      SplittableRandom details = random.split();
      boolean worker = disturbance.compareTo(Disturbance.OUTAGE) < 0;
      int place = worker ? victim : fleet.services();
      if (fleet.isIdle(place)) {
        disturbances.merge(disturbance, 1, Integer::sum);
        fleet.disturb(
            place,
            () -> carryOut(disturbance, fleet.slots().get(victim), services, details, chaos));
      }
      Pause.millis(
          Math.min(
              random.nextInt(GAP_MILLIS_MIN, GAP_MILLIS_MAX),
              Math.max(0, (end - System.nanoTime()) / 1_000_000)));
    }
  }

  private void carryOut(
      Disturbance disturbance,
      Slot slot,
      Services services,
      SplittableRandom details,
      Diary chaos) {
    int downMillis = details.nextInt(DOWN_MILLIS_MAX);
    String told =
        switch (disturbance) {
          case KILL -> {
            slot.kill();
            Pause.millis(downMillis);
            slot.start(details.nextBoolean());
            yield "kill -9, then " + slot.name() + " after " + downMillis + " ms";
          }
          case PAUSE -> {
            long lease = plan.leaseTime().toMillis();
            long millis = lease + lease / 10 + details.nextLong(2 * lease);
            slot.signal("STOP");
            Pause.millis(millis);
            slot.signal("CONT");
            yield "pause of " + millis + " ms of " + slot.name();
          }
          case RESTART -> {
            fleet.stop(slot);
            slot.start(details.nextBoolean());
            yield "orderly restart as " + slot.name();
          }
          case OUTAGE -> {
            int millis = details.nextInt(1_000, OUTAGE_MILLIS_MAX);
            services.interruptDynamoDb(Duration.ofMillis(millis));
            yield "DynamoDB gone for " + millis + " ms";
          }
          case SPLIT, MERGE -> reshard(disturbance, services, details);
        };
    chaos.write("disturbance", "kind", disturbance, "done", System.nanoTime(), "how", told);
    progress.accept(told);
  }

  private static String reshard(
      Disturbance disturbance, Services services, SplittableRandom details) {
    int open = services.shards().count();
    boolean split = disturbance == Disturbance.SPLIT;
    if (open >= ChaosPlan.OPEN_SHARDS_MAX || (!split && open > 2)) {
      return services.shards().merge(details);
    }
    return services.shards().split(details);
  }

  private double awaitDelivery(long since) throws IOException {
    long end = System.nanoTime() + CALM_MAX.toNanos();
    while (System.nanoTime() < end) {
      Map<String, Long> sofar = Judge.of(folder);
      if (sofar.getOrDefault("lost", 0L) + sofar.getOrDefault("uncommitted", 0L) == 0) {
        break;
      }
      Pause.millis(LOOK_EVERY.toMillis());
    }
    return (System.nanoTime() - since) / 1e9;
  }
}
