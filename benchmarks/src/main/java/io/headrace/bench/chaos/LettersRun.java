package io.headrace.bench.chaos;

import static io.headrace.bench.rig.LocalBuilder.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Pause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * One run: a fleet whose processes are killed one after the other, then left alone, then mended,
 * then its letters played again, twice, then judged. On the main thread.
 */
final class LettersRun {
  private static final Duration CALM_MAX = Duration.ofMinutes(3);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(3);
  private static final Duration CALM_FIRST = Duration.ofSeconds(5);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  /** Long enough for whatever a second redrive would play. */
  private static final Duration AFTER = Duration.ofSeconds(5);

  private static final int REDRIVE_SECONDS_MAX = 180;
  private static final int DOWN_MILLIS_MAX = 500;

  /** A process that is stopped for longer than its leases last is a zombie when it goes on. */
  private static final int PAUSE_ONE_OF = 8;

  private static final int RESHARD_ONE_OF = 25;

  /**
   * What came of it.
   *
   * @param kills processes that ended by signal 9
   * @param pauses processes that were stopped beyond their lease time and went on
   * @param reshards splits and merges
   * @param ended processes that ended by themselves
   * @param forced stops in order that took too long, or ended with an error
   * @param verdict as the judge gave it
   */
  record Outcome(
      int kills,
      int pauses,
      int reshards,
      int ended,
      int forced,
      String verdict,
      double killSeconds,
      double calmSeconds) {}

  private final LettersPlan plan;
  private final Path folder;
  private final Path home;
  private final Path logs;
  private final Consumer<String> progress;
  private final SplittableRandom random;
  private final Bug bug;
  private final Fleet fleet;
  private final AtomicInteger killed = new AtomicInteger();
  private int pauses;
  private int reshards;

  LettersRun(LettersPlan plan, Checkout checkout, Path folder, Consumer<String> progress) {
    this.plan = plan;
    this.folder = folder;
    this.home = checkout.home();
    this.logs = checkout.logs("letters");
    this.progress = progress;
    this.random = new SplittableRandom(plan.seed());
    this.fleet = new Fleet(progress);
    this.bug = new Bug(folder.resolve("letters"));
  }

  Outcome run() throws IOException, InterruptedException {
    Files.createDirectories(folder.resolve("letters"));
    try (Services services = new Services(folder, logs);
        DynamoDbAsyncClient dynamoDb =
            local(DynamoDbAsyncClient.builder(), services.dynamoDb()).build();
        Diary puts = new Diary(folder.resolve("puts.ndjson"));
        Diary diary = new Diary(folder.resolve("run.ndjson"));
        fleet) {
      LedgerReader ledger = new LedgerReader(dynamoDb, WorkerProcess.TABLE);
      startWorkers(services);
      Load load =
          new Load(
              services.client(),
              puts,
              plan.rate(),
              random.split(),
              (key, number) -> Fate.record(key, number, plan.seed()));
      load.start();
      double killSeconds = killAll(services, diary);
      progress.accept("left alone: everything that was put has to be finished");
      long calm = System.nanoTime();
      fleet.settle();
      load.close();
      fleet.replaceEnded();
      look(ledger, "look-before.ndjson", List.of("lost", "uncommitted", "parkedUntold"));
      double calmSeconds = (System.nanoTime() - calm) / 1e9;
      mend(services, ledger, diary);
      fleet.replaceEnded();
      fleet.stopAll();
      return new Outcome(
          killed.get(),
          pauses,
          reshards,
          fleet.ended(),
          fleet.forced(),
          JudgeProcess.verdict(LettersJudge.class, "2g", folder, logs),
          killSeconds,
          calmSeconds);
    }
  }

  private void startWorkers(Services services) {
    Slot.Program program = new Slot.Program(LettersProgram.class, List.of("seed=" + plan.seed()));
    for (int number = 1; number <= plan.workers(); number++) {
      fleet.add(
          new Slot(
              program,
              number,
              services.kinesis(),
              services.dynamoDb(),
              plan.leaseTime(),
              folder,
              logs));
    }
    Pause.millis(CALM_FIRST.toMillis());
  }

  private double killAll(Services services, Diary diary) throws IOException {
    long begun = System.nanoTime();
    for (int kill = 1; kill <= plan.kills(); kill++) {
      Pause.millis(random.nextLong(2 * plan.every().toMillis()));
      fleet.replaceEnded();
      int victim = fleet.idle(random);
      SplittableRandom details = random.split();
      int number = kill;
      fleet.disturb(
          victim, () -> killAndReplace(fleet.slots().get(victim), number, details, diary));
      if (kill % PAUSE_ONE_OF == 0) {
        int other = fleet.idle(random);
        pauses++;
        fleet.disturb(other, () -> pause(fleet.slots().get(other), details, diary));
      }
      if (kill % RESHARD_ONE_OF == 0) {
        reshards++;
        progress.accept(
            reshards % 2 == 1
                ? services.shards().split(random.split())
                : services.shards().merge(random.split()));
      }
      if (kill == (plan.kills() + 1) / 2) {
        bug.mendHalf();
      }
    }
    return (System.nanoTime() - begun) / 1e9;
  }

  private void killAndReplace(Slot slot, int kill, SplittableRandom details, Diary diary) {
    fleet.restartIfEnded(slot);
    String name = slot.name();
    slot.kill();
    killed.incrementAndGet();
    diary.write("kill", "number", kill, "worker", name, "tick", System.nanoTime());
    Pause.millis(details.nextInt(DOWN_MILLIS_MAX));
    slot.start(details.nextBoolean());
    if (kill % 10 == 0) {
      progress.accept(kill + " kills; the last one was " + name + ", replaced by " + slot.name());
    }
  }

  private void pause(Slot slot, SplittableRandom details, Diary diary) {
    long lease = plan.leaseTime().toMillis();
    long millis = lease + lease / 10 + details.nextLong(lease);
    slot.signal("STOP");
    Pause.millis(millis);
    slot.signal("CONT");
    diary.write("pause", "worker", slot.name(), "millis", millis, "tick", System.nanoTime());
  }

  /** The bug is fixed: parked keys go on by themselves, letters by the command, and once. */
  private void mend(Services services, LedgerReader ledger, Diary diary)
      throws IOException, InterruptedException {
    diary.write("mended", "tick", System.nanoTime());
    bug.mend();
    progress.accept("mended: parked keys have to go on by themselves");
    look(ledger, "look-after.ndjson", List.of("parkedLeft"));
    Path settings = RedriveCommand.settings(folder, services);
    for (int round = 1; round <= 2; round++) {
      if (round == 2) {
        look(ledger, "look-after.ndjson", List.of("lettersLeft", "notHandledInTheEnd"));
        diary.write("again", "tick", System.nanoTime());
      }
      for (String function : Fate.FUNCTIONS) {
        RedriveCommand.Answer answer =
            RedriveCommand.run(home, settings, function, REDRIVE_SECONDS_MAX, logs);
        progress.accept("redrive " + round + " of " + function + ": " + answer);
        diary.write(
            "redrive",
            "function",
            function,
            "round",
            round,
            "letters",
            answer.letters(),
            "left",
            answer.left(),
            "exit",
            answer.exitCode());
      }
    }
    Pause.millis(AFTER.toMillis());
  }

  /** Writes down what the ledger holds and what is parked, until the judge counts none of these. */
  private void look(LedgerReader ledger, String file, List<String> none) throws IOException {
    long end = System.nanoTime() + CALM_MAX.toNanos();
    while (true) {
      fleet.replaceEnded();
      Files.deleteIfExists(folder.resolve(file));
      try (Diary diary = new Diary(folder.resolve(file))) {
        diary.write("parked", "records", parked());
        ledger.read(diary);
      }
      Map<String, Long> verdict = LettersJudge.of(folder);
      if (none.stream().allMatch(name -> verdict.getOrDefault(name, 0L) == 0)
          || System.nanoTime() > end) {
        return;
      }
      Pause.millis(LOOK_EVERY.toMillis());
    }
  }

  private long parked() throws IOException {
    long parked = 0;
    for (Slot slot : fleet.slots()) {
      JsonNode answer = new ObjectMapper().readTree(slot.ask(LettersProgram.PARKED, ANSWER_MAX));
      parked += answer.path(LettersProgram.PARKED).asLong();
    }
    return parked;
  }
}
