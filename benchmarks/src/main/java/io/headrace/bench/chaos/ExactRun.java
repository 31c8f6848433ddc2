package io.headrace.bench.chaos;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.Sample;
import io.headrace.samples.analytics.AnalyticsSample;
import io.headrace.samples.fraud.FraudSample;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One input, handled twice from nothing: by a fleet that nothing happens to, and by one whose
 * processes are killed and rolled. Then both are judged. On the main thread.
 */
final class ExactRun {
  /** The folders of the two, as the judge knows them. */
  static final String PLAIN = "plain";

  static final String DISTURBED = "disturbed";
  private static final int KINESIS_HEAP_MEBIBYTES = 1536;
  private static final int WORKER_HEAP_MEBIBYTES = 256;
  private static final Duration CALM_MAX = Duration.ofMinutes(20);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(3);
  private static final long TURN_MILLIS = 50;
  private static final String FLIGHTS = "/io/headrace/samples/data/flights.csv";

  /**
   * What came of it.
   *
   * @param verdict as the judge gave it
   * @param ended processes that ended by themselves, of both fleets
   * @param forced stops in order that took too long, or ended with an error
   * @param plainSeconds from the first put to the last commit, undisturbed
   * @param disturbedSeconds the same, disturbed
   */
  record Outcome(
      Verdict verdict, int ended, int forced, double plainSeconds, double disturbedSeconds) {}

  /** A worker that is to be run by another deployment. */
  private record Turn(int slot, int version, int phase) {}

  private final ExactPlan plan;
  private final Path folder;
  private final Path logs;
  private final Consumer<String> progress;
  private final SplittableRandom random;
  private final AtomicInteger kills = new AtomicInteger();
  private int ended;
  private int forced;

  ExactRun(ExactPlan plan, Checkout checkout, Path folder, Consumer<String> progress) {
    this.plan = plan;
    this.folder = folder;
    this.logs = checkout.logs("exact");
    this.progress = progress;
    this.random = new SplittableRandom(plan.seed());
  }

  Outcome run() throws IOException, InterruptedException {
    try (InputStream flights = AnalyticsSample.class.getResourceAsStream(FLIGHTS)) {
      if (flights == null) {
        throw new NotMeasured("the samples' jar lacks " + FLIGHTS);
      }
      Files.copy(flights, folder.resolve("flights.csv"));
    }
    progress.accept("makes " + plan.payments() + " payments");
    List<Sample> samples = List.of(new AnalyticsSample(), FraudSample.ofAtLeast(plan.payments()));
    double plain = handle(PLAIN, samples, Duration.ZERO);
    double disturbed = handle(DISTURBED, samples, plan.time());
    progress.accept("judges");
    Verdict verdict = Verdict.parse(JudgeProcess.verdict(ExactJudge.class, "3g", folder, logs));
    return new Outcome(verdict, ended, forced, plain, disturbed);
  }

  /**
   * @param over the time over which the input is put while things go wrong; zero has nothing go
   *     wrong
   */
  private double handle(String name, List<Sample> samples, Duration over) throws IOException {
    Path own = Files.createDirectories(folder.resolve(name));
    Files.createDirectories(own.resolve("letters"));
    List<String> streams = new ArrayList<>(List.of(ExactProgram.OUTPUTS));
    samples.forEach(sample -> streams.add(input(sample).name()));
    streams.addAll(ExactProgram.broadcasts());
    try (Services services = new Services(own, logs, KINESIS_HEAP_MEBIBYTES, streams);
        CommittedState committed =
            new CommittedState(ExactProgram.APPLICATION, services.dynamoDb());
        Diary diary = new Diary(own.resolve("run.ndjson"));
        Fleet fleet = new Fleet(progress)) {
      startWorkers(fleet, services, own, name);
      long begun = System.nanoTime();
      ExactLoad load = new ExactLoad(services.client(), over);
      for (Sample sample : samples) {
        int count = (int) Math.min(sample.size(), plan.payments());
        load.start(sample, input(sample), count);
        diary.write("put", "stream", input(sample).name(), "records", count);
      }
      if (!over.isZero()) {
        disturb(fleet, load, diary);
      }
      fleet.settle();
      Map<ExactLoad.Place, BigInteger> last = load.last();
      progress.accept(name + ": all is put; it has to be finished");
      awaitFinished(fleet, committed, last);
      double seconds = (System.nanoTime() - begun) / 1e9;
      awaitOutputs(services);
      fleet.stopAll();
      ended += fleet.ended();
      forced += fleet.forced();
      write(own, services, committed);
      return seconds;
    }
  }

  /** The one that the function of real workers reads: of fraud, payments alone. */
  private static StreamSource input(Sample sample) {
    return sample.streams().get(0);
  }

  private void startWorkers(Fleet fleet, Services services, Path own, String name) {
    for (int number = 1; number <= plan.workers(); number++) {
      fleet.add(
          new Slot(
              program(1),
              number,
              services.kinesis(),
              services.dynamoDb(),
              plan.leaseTime(),
              own,
              logs(name)));
    }
  }

  private Path logs(String name) {
    try {
      return Files.createDirectories(logs.resolve(name));
    } catch (IOException e) {
      throw new NotMeasured("the folder of logs can't be made: " + e, e);
    }
  }

  private static Slot.Program program(int version) {
    return new Slot.Program(
        ExactProgram.class, WORKER_HEAP_MEBIBYTES, List.of("version=" + version));
  }

  /** Kills and rolls while the input is put, and until the roll is at its end. */
  private void disturb(Fleet fleet, ExactLoad load, Diary diary) {
    Queue<Turn> roll = roll(fleet.size());
    int turning = -1;
    long begun = System.nanoTime();
    long nextKill = begun + plan.every().toNanos();
    for (; !(load.isDone() && roll.isEmpty()); Pause.millis(TURN_MILLIS)) {
      fleet.replaceEnded();
      long now = System.nanoTime();
      int reserved = -1;
      Turn next = roll.peek();
      if (next != null && now - begun >= share(next.phase()) * plan.time().toNanos()) {
        // A worker whose turn has come is left alone until then.
        reserved = next.slot();
        if ((turning < 0 || fleet.isIdle(turning)) && fleet.isIdle(reserved)) {
          roll.remove();
          turning = reserved;
          fleet.disturb(turning, () -> turn(fleet, next, diary));
        }
      }
      // Kills that were missed, as nobody was idle, stay so.
      int victim = random.nextInt(fleet.size());
      if (now >= nextKill && victim != reserved && fleet.isIdle(victim)) {
        nextKill = now + plan.every().toNanos();
        boolean newName = random.nextBoolean();
        fleet.disturb(victim, () -> kill(fleet, fleet.slots().get(victim), newName, diary));
      }
    }
  }

  /** Half of the fleet forward; these back; all forward. */
  private Queue<Turn> roll(int workers) {
    Queue<Turn> roll = new ArrayDeque<>();
    for (int slot = 0; slot < plan.half(); slot++) {
      roll.add(new Turn(slot, 2, 1));
    }
    for (int slot = 0; slot < plan.half(); slot++) {
      roll.add(new Turn(slot, 1, 2));
    }
    for (int slot = 0; slot < workers; slot++) {
      roll.add(new Turn(slot, 2, 3));
    }
    return roll;
  }

  private static double share(int phase) {
    return switch (phase) {
      case 1 -> ExactPlan.FORWARD_HALF_WAY;
      case 2 -> ExactPlan.BACK;
      default -> ExactPlan.FORWARD;
    };
  }

  private void turn(Fleet fleet, Turn turn, Diary diary) {
    Slot slot = fleet.slots().get(turn.slot());
    fleet.stop(slot);
    slot.run(program(turn.version()));
    slot.start(false);
    diary.write(
        "turn",
        "phase",
        turn.phase(),
        "version",
        turn.version(),
        "file",
        slot.file(),
        "tick",
        System.nanoTime());
    progress.accept("roll, part " + turn.phase() + ": " + slot.name() + " is v" + turn.version());
  }

  private void kill(Fleet fleet, Slot slot, boolean newName, Diary diary) {
    fleet.restartIfEnded(slot);
    String file = slot.file();
    diary.write("kill", "file", file, "worker", slot.name(), "tick", System.nanoTime());
    slot.kill();
    int number = kills.incrementAndGet();
    slot.start(newName);
    if (number % 10 == 0) {
      progress.accept(number + " kills");
    }
  }

  private void awaitFinished(
      Fleet fleet, CommittedState committed, Map<ExactLoad.Place, BigInteger> last) {
    long end = System.nanoTime() + CALM_MAX.toNanos();
    for (int left = committed.unfinished(last); left > 0; left = committed.unfinished(last)) {
      fleet.replaceEnded();
      if (System.nanoTime() > end) {
        // The judge says what is missing.
        progress.accept(left + " shards were not finished after " + CALM_MAX.toMinutes() + " min");
        return;
      }
      Pause.millis(LOOK_EVERY.toMillis());
    }
  }

  /** Outputs leave behind the commit that has them. */
  private static void awaitOutputs(Services services) {
    long before = -1;
    for (long now = outputs(services); now != before; now = outputs(services)) {
      before = now;
      Pause.millis(LOOK_EVERY.toMillis());
    }
  }

  private static long outputs(Services services) {
    AtomicInteger count = new AtomicInteger();
    services.read(ExactProgram.OUTPUTS, record -> count.incrementAndGet());
    return count.get();
  }

  private static void write(Path own, Services services, CommittedState committed)
      throws IOException {
    try (Diary outputs = new Diary(own.resolve("outputs.ndjson"));
        Diary state = new Diary(own.resolve("state.ndjson"))) {
      services.read(
          ExactProgram.OUTPUTS,
          record ->
              outputs.write(
                  "output",
                  "data",
                  Base64.getEncoder().encodeToString(record.data().asByteArrayUnsafe())));
      committed.write(ExactProgram.functions(2), state);
    }
  }
}
