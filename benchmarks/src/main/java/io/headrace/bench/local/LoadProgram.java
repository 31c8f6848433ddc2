package io.headrace.bench.local;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.PutLoad;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * The load program, a process of its own: takes the name of a load and its settings, and prints its
 * figures as one line of JSON. Exit code 3, with a sentence, when it could not measure.
 */
final class LoadProgram {
  static final List<Integer> IN_FLIGHT = List.of(1, 4);

  /** Records a second; a server that can't keep up is left at the first that is too much. */
  static final List<Integer> RATES = List.of(1, 100, 1_000);

  /** At which rate the slowest percent is as many records as make a verdict. */
  private static final int LAST_RATE = 1_000;

  // Of the time that other calls are made to get warm, and measured: a put that is pushed passes
  // through more code than any of them, one record at a time.
  private static final int LATENCY_WARM_UPS = 8;
  private static final int LATENCY_TIMES = 4;

  static final String FILLED = "memory.filled.records";

  private LoadProgram() {}

  /** Runs one load. */
  public static void main(String[] args) {
    LoadSettings settings = LoadSettings.parse(Arrays.asList(args).subList(1, args.length));
    Figures figures = new Figures();
    int exitCode = 0;
    try {
      run(args[0], settings, figures);
    } catch (RuntimeException e) {
      System.err.println(NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    // What was measured before a failure is told all the same.
    System.out.println(figures.line());
    System.exit(exitCode);
  }

  private static void run(String load, LoadSettings settings, Figures figures) {
    switch (load) {
      case "throughput" -> throughput(settings, figures);
      case "push" -> push(settings, figures);
      case "latency" -> latency(settings, figures);
      case "fill" -> fill(settings, figures);
      default -> throw new IllegalArgumentException("there is no load \"" + load + "\"");
    }
  }

  /** Puts one batch at a time, puts four at a time, then reads what those four put. */
  private static void throughput(LoadSettings settings, Figures figures) {
    long pid = settings.serverPid();
    Duration time = settings.measured();
    long most = settings.recordsMax();
    try (LoadClient client = LoadClient.http1(settings.endpoint())) {
      client.create("warm");
      PutLoad.run(client, "warm", 4, settings.warmUp(), most, pid, "warm");
      GetLoad.run(client, "warm", settings.warmUp(), pid, "warm");
      client.delete("warm");
      for (int inFlight : IN_FLIGHT) {
        String stream = "put-" + inFlight;
        client.create(stream);
        figures.putAll(PutLoad.run(client, stream, inFlight, time, most, pid, "put." + inFlight));
        if (inFlight == 1) {
          client.delete(stream);
        }
      }
      figures.putAll(GetLoad.run(client, "put-4", time, pid, "get"));
      client.delete("put-4");
    }
  }

  /** Reads one stream twice through fan-out; the second time counts. */
  private static void push(LoadSettings settings, Figures figures) {
    try (LoadClient putter = LoadClient.http1(settings.endpoint());
        LoadClient reader = LoadClient.http2(settings.endpoint())) {
      putter.create("backlog");
      long records =
          PutLoad.fill(putter, "backlog", settings.recordsMax() / 2, settings.measured());
      for (String prefix : List.of("warm", "push")) {
        Figures once =
            PushLoad.run(
                reader,
                "backlog",
                prefix,
                records,
                settings.measured().multipliedBy(2),
                settings.serverPid(),
                prefix);
        if (prefix.equals("push")) {
          figures.putAll(once);
        }
      }
    }
  }

  private static void latency(LoadSettings settings, Figures figures) {
    try (LoadClient putter = LoadClient.http1(settings.endpoint())) {
      for (int rate : RATES) {
        Duration measured =
            settings.measured().multipliedBy(rate == LAST_RATE ? 2 * LATENCY_TIMES : LATENCY_TIMES);
        Duration warmUp = settings.warmUp().multipliedBy(LATENCY_WARM_UPS);
        // A client for each: what it has subscribed to ends with it.
        try (LoadClient reader = LoadClient.http2(settings.endpoint())) {
          figures.putAll(LatencyLoad.run(putter, reader, rate, warmUp, measured));
        }
      }
    }
  }

  private static void fill(LoadSettings settings, Figures figures) {
    try (LoadClient client = LoadClient.http1(settings.endpoint())) {
      client.create("stored");
      figures.put(
          FILLED,
          (double) PutLoad.fill(client, "stored", settings.recordsMax(), settings.measured()));
    }
  }
}
