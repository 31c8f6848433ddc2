package io.headrace.bench.state;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadProcess;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Results;
import io.headrace.checkpoint.FileChunkStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.Lookup;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.kcl.CommitParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Measures in rounds. Owned by the main thread; state is changed on a loop of its own. */
final class StateRun {
  static final String DELTAS = "deltas";
  static final String TRANSACTIONS = "transactions";
  static final String UNITS = "write_units_a_commit";
  static final String UNITS_WITH_MERGING = "write_units_with_merging";
  static final String RESTART = "restart_seconds";

  static final String DECISIONS = "durable state and outbox";

  private static final Duration PROGRAM_MAX = Duration.ofMinutes(10);
  private static final int KINESIS_MEBIBYTES = 512;
  private static final int KEYS = 100_000;
  private static final int CHANGED = 1_000;
  private static final int COMMITS_ALONE = 10;
  private static final int COMMITS_BEFORE = 200;
  private static final int COMMITS = 400;
  private static final int KEYS_A_TRANSACTION = 99;
  private static final int FILL_AT_ONCE = 20_000;
  private static final double NANOS = 1e9;

  private final StatePlan plan;
  private final Path logs;
  private final Consumer<String> progress;
  private final Results results = new Results();

  StateRun(StatePlan plan, Path logs, Consumer<String> progress) {
    this.plan = plan;
    this.logs = logs;
    this.progress = progress;
  }

  Results run() {
    var parts = plan.parts();
    for (int round = 1; round <= plan.rounds(); round++) {
      int number = round;
      if (parts.contains(Part.UNITS)) {
        for (var values : Values.values()) {
          attempt("write units of " + values.label(), round, () -> units(number, values));
        }
      }
      if (parts.contains(Part.RESTART)) {
        attempt("restart", round, () -> restart(number));
      }
      if (parts.contains(Part.COST)) {
        // Each is first in every second round.
        var wheres = new ArrayList<>(List.of(CostProgram.Where.values()));
        Collections.rotate(wheres, round);
        wheres.forEach(
            where -> attempt("processor time, " + label(where), number, () -> cost(number, where)));
      }
      if (parts.contains(Part.DECISION)) {
        attempt("put to decision", round, () -> decide(number));
      }
    }
    return results;
  }

  private void attempt(String what, int round, Runnable part) {
    results.attempt(what + ", round " + round, progress, part);
  }

  static String label(CostProgram.Where where) {
    return where == CostProgram.Where.DURABLE ? "durable state" : "state in memory only";
  }

  private void cost(int round, CostProgram.Where where) {
    Path folder = folder();
    try {
      add(
          round,
          label(where),
          LoadProcess.run(
              CostProgram.class,
              List.of("-Xms1g", "-Xmx1g"),
              List.of(
                  "state=" + where,
                  "folder=" + folder,
                  "warm=" + plan.blocksWarm(),
                  "counted=" + plan.blocks()),
              PROGRAM_MAX));
    } finally {
      remove(folder);
    }
  }

  private void decide(int round) {
    try (var kinesis = OwnServer.start("off", KINESIS_MEBIBYTES, logs.resolve("kinesis.log"))) {
      add(
          round,
          DECISIONS,
          LoadProcess.run(
              DecisionProgram.class,
              List.of("-Xms512m", "-Xmx512m"),
              List.of(
                  "kinesis=" + kinesis.endpoint(),
                  "warmMillis=" + plan.warm().toMillis(),
                  "measuredMillis=" + plan.measured().toMillis()),
              PROGRAM_MAX));
    }
  }

  private void add(int round, String program, LoadProcess.Outcome outcome) {
    results.add(round, program, null, outcome.figures());
    if (outcome.failure() != null) {
      throw outcome.failure();
    }
  }

  void units(int round, Values values) {
    var counting = new CountingUnits(new InMemoryChunkStore(4L << 30));
    var random = new SplittableRandom(round);
    try (var bench = new SpaceOnThreads()) {
      var space = bench.open(counting, 1);
      bench.onLoop(() -> space.restore(List.of()));
      fill(bench, space, KEYS, values, random);
      for (int i = 0; i < COMMITS_BEFORE; i++) {
        bench.committed(space, bench.onLoop(() -> change(space, values, random)));
      }
      counting.reset();
      for (int i = 0; i < COMMITS; i++) {
        bench.committed(space, bench.onLoop(() -> change(space, values, random)));
      }
      var figures = new Figures().put(UNITS_WITH_MERGING, (double) counting.all() / COMMITS + 1);
      for (var kind : CountingUnits.Kind.values()) {
        figures.put("of_them_" + kind.label(), (double) counting.of(kind) / COMMITS);
      }
      // Runs are merged once a commit is heard of: until then there is nothing but commits.
      counting.reset();
      for (int i = 0; i < COMMITS_ALONE; i++) {
        var unused = bench.onLoop(() -> change(space, values, random));
      }
      figures.put(UNITS, (double) counting.all() / COMMITS_ALONE + 1);
      results.add(round, DELTAS, values.label(), figures);
      // Each item of up to 1 KB takes two units in a transaction, the progress item too.
      int transactions = (CHANGED + KEYS_A_TRANSACTION - 1) / KEYS_A_TRANSACTION;
      double of = 2.0 * (CHANGED + transactions);
      results.add(
          round,
          TRANSACTIONS,
          values.label(),
          new Figures().put(UNITS, of).put(UNITS_WITH_MERGING, of));
    }
  }

  private static CompletionStage<CommitParts> change(
      StateSpace space, Values values, SplittableRandom random) {
    for (int i = 0; i < CHANGED; i++) {
      space.put(key(random.nextInt(KEYS)), values.value(random));
    }
    return space.snapshot();
  }

  private static CommitParts fill(
      SpaceOnThreads bench, StateSpace space, long keys, Values values, SplittableRandom random) {
    var last = CommitParts.NONE;
    for (long from = 0; from < keys; from += FILL_AT_ONCE) {
      long first = from;
      var parts =
          bench.onLoop(
              () -> {
                for (long i = first; i < Math.min(keys, first + FILL_AT_ONCE); i++) {
                  space.put(key(i), values.value(random));
                }
                return space.snapshot();
              });
      bench.committed(space, parts);
      last = parts;
    }
    return last;
  }

  private void restart(int round) {
    var random = new SplittableRandom(round);
    long keys = plan.restartBytes() / Values.BYTES;
    Path folder = folder();
    try (var bench = new SpaceOnThreads()) {
      var chunks = new FileChunkStore(folder, bench.pool());
      var writer = bench.open(chunks, 1);
      bench.onLoop(() -> writer.restore(List.of()));
      var parts = fill(bench, writer, keys, Values.FIGURES, random);
      writer.close();
      var key = key(keys / 2);
      long begun = bench.ticks();
      var space = bench.open(chunks, 2);
      bench.onLoop(() -> space.restore(List.of(parts)));
      var lookup = space.look(key);
      if (lookup instanceof Lookup.Loading loading) {
        var found = bench.onLoop(loading::answer);
        if (found.isEmpty()) {
          throw new NotMeasured("the value was not found");
        }
      } else {
        throw new NotMeasured("the value was in memory or is lost: " + lookup);
      }
      results.add(round, DELTAS, null, new Figures().put(RESTART, (bench.ticks() - begun) / NANOS));
    } finally {
      remove(folder);
    }
  }

  private static Path folder() {
    try {
      return Files.createTempDirectory("headrace-state");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remove(Path folder) {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static EntryKey key(long number) {
    var key = "key-" + number;
    return EntryKey.of(key, key, EntryKind.STATE);
  }
}
