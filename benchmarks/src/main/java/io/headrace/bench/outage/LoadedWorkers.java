package io.headrace.bench.outage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.Memory;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link JournallingWorker}s as processes, under a load. Each process has a number of its own, and
 * a journal. Confined to the thread of the benchmark.
 */
final class LoadedWorkers implements AutoCloseable {
  static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);
  private static final Duration STOP_MAX = Duration.ofSeconds(40);
  private static final Duration WARM_MAX = Duration.ofMinutes(2);
  private static final int WARM_RECORDS = 5_000;
  private static final int LOOK_MILLIS = 200;
  private static final Duration QUIET = Duration.ofSeconds(1);

  private final ObjectMapper json = new ObjectMapper();
  private final Program program;
  private final Path folder;
  private final Path logs;
  private final List<Dialogue> living = new ArrayList<>();
  private int started;
  private long handledByOthers;
  private boolean inOrder = true;

  /**
   * What runs in each.
   *
   * @param heapMebibytes the most heap that it may take
   * @param arguments what it is told beside its name and the folder
   */
  record Program(Class<?> main, int heapMebibytes, List<String> arguments) {}

  /**
   * Of none yet.
   *
   * @param folder for their journals
   */
  LoadedWorkers(Program program, Path folder, Path logs) {
    this.program = program;
    this.folder = folder;
    this.logs = logs;
  }

  /** Starts so many, and waits until all take part. */
  void start(int workers) {
    for (int number = 0; number < workers; number++) {
      living.add(launch());
    }
    awaitReady();
  }

  private Dialogue launch() {
    String name = name(started++);
    List<String> arguments = new ArrayList<>(program.arguments());
    arguments.add("worker=" + name);
    arguments.add("folder=" + folder);
    Dialogue worker =
        Dialogue.start(
            Launch.ours(
                name,
                program.main(),
                List.of("-Xmx" + program.heapMebibytes() + "m", "-Djava.io.tmpdir=" + folder),
                arguments),
            logs.resolve(name + ".log"),
            STOP_MAX);
    worker.hear(START_MAX);
    return worker;
  }

  private static String name(int number) {
    return "worker-" + number;
  }

  /** Stops the worker of a place in order and starts another in it, as a deployment does. */
  void replace(int place) {
    Dialogue old = living.get(place);
    handledByOthers += parsed(old.ask(JournallingWorker.LEAVE, STOP_MAX)).path("handled").asLong();
    end(old);
    living.set(place, launch());
  }

  private void awaitReady() {
    long end = System.nanoTime() + START_MAX.toNanos();
    while (!look(0).ready()) {
      if (System.nanoTime() > end) {
        throw new NotMeasured("not all workers took part within " + START_MAX.toSeconds() + " s");
      }
      Pause.millis(LOOK_MILLIS);
    }
  }

  /** Of the living, with what those handled that are gone. */
  Watch.Look look(long stored) {
    List<JsonNode> answers = new ArrayList<>();
    for (Dialogue worker : living) {
      answers.add(parsed(worker.ask(JournallingWorker.STATUS, ANSWER_MAX)));
    }
    return Watch.Look.of(stored, handledByOthers, answers);
  }

  private JsonNode parsed(String answer) {
    try {
      return json.readTree(answer);
    } catch (JsonProcessingException e) {
      throw new NotMeasured("a worker's status is not JSON: " + e.getMessage(), e);
    }
  }

  /** What the worker of a place has of the machine once its garbage is collected. */
  Figures census(int place) {
    Dialogue worker = living.get(place);
    Figures figures = Figures.parse(worker.ask(JournallingWorker.CENSUS, ANSWER_MAX));
    Memory.residentBytes(worker.pid())
        .ifPresent(bytes -> figures.put("residentBytes", (double) bytes));
    return figures;
  }

  /**
   * All run as fast as they can, once they are warm.
   *
   * @return the looks at the beginning and at the end of the second half
   */
  Half fullLoad(OutageLoad load, Duration time) {
    warm(load);
    long begun = System.nanoTime();
    long half = begun + time.toNanos() / 2;
    Watch.Look first = look(load.stored());
    while (System.nanoTime() < half) {
      first = keepAhead(load);
    }
    long from = System.nanoTime();
    Watch.Look last = first;
    while (System.nanoTime() - begun < time.toNanos()) {
      last = keepAhead(load);
    }
    Half measured = new Half(first, last, (System.nanoTime() - from) / 1e9);
    if (measured.handledPerSecond() < 1) {
      throw new NotMeasured("nothing was handled at full load");
    }
    return measured;
  }

  /** The second half of a time at full load. */
  record Half(Watch.Look first, Watch.Look last, double seconds) {
    double handledPerSecond() {
      return (last.handled() - first.handled()) / seconds;
    }

    double requestsPerSecond() {
      return (last.requests() - first.requests()) / seconds;
    }
  }

  private Watch.Look keepAhead(OutageLoad load) {
    Pause.millis(LOOK_MILLIS);
    Watch.Look look = look(load.stored());
    load.handled(look.handled());
    return look;
  }

  /** In its first seconds a JVM interprets: what it handles then says nothing of full load. */
  private void warm(OutageLoad load) {
    long end = System.nanoTime() + WARM_MAX.toNanos();
    for (Watch.Look look = look(load.stored());
        look.handled() < WARM_RECORDS;
        look = keepAhead(load)) {
      if (System.nanoTime() > end) {
        throw new NotMeasured(
            look.handled() + " records were handled in " + WARM_MAX.toSeconds() + " s");
      }
    }
  }

  /**
   * Waits until as many are handled as were put, and until nothing more is: where owners changed,
   * some are handled twice.
   */
  Watch.Look awaitAll(OutageLoad load, Duration max) {
    long end = System.nanoTime() + max.toNanos();
    Watch.Look look = look(load.stored());
    long quietSince = System.nanoTime();
    while (System.nanoTime() < end
        && (look.lag() > 0 || System.nanoTime() - quietSince < QUIET.toNanos())) {
      Pause.millis(LOOK_MILLIS);
      Watch.Look next = look(load.stored());
      quietSince = next.handled() == look.handled() ? quietSince : System.nanoTime();
      look = next;
    }
    return look;
  }

  /** Stops all in order; false when one that ever ran did not end so. */
  boolean stop() {
    living.forEach(this::end);
    living.clear();
    return inOrder;
  }

  private void end(Dialogue worker) {
    worker.close();
    inOrder &= worker.exitCode() == 0;
  }

  /**
   * Reads all journals.
   *
   * @param numbers how many records of each key were put
   */
  OutageJudge.Verdict judge(int[] numbers) throws IOException {
    OutageJudge judge = new OutageJudge(numbers);
    for (int number = 0; number < started; number++) {
      int worker = number;
      Journal.read(folder.resolve(name(number) + Journal.FILE), call -> judge.accept(worker, call));
    }
    return judge.verdict();
  }

  @Override
  public void close() {
    living.forEach(Dialogue::close);
  }
}
