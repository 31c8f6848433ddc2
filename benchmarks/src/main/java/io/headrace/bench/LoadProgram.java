package io.headrace.bench;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * The load program, a process of its own: takes the name of a load and its settings, and prints its
 * figures as one line of JSON. Exit code 3, with a sentence, when it could not measure.
 */
final class LoadProgram {
  static final int NOT_MEASURED = 3;
  static final List<Integer> IN_FLIGHT = List.of(1, 4);

  private LoadProgram() {}

  /** Runs one load. */
  public static void main(String[] args) {
    LoadSettings settings = LoadSettings.parse(Arrays.asList(args).subList(1, args.length));
    try {
      System.out.println(run(args[0], settings).line());
    } catch (RuntimeException e) {
      System.err.println(e instanceof NotMeasured ? e.getMessage() : e.toString());
      System.exit(NOT_MEASURED);
    }
    System.exit(0);
  }

  private static Figures run(String load, LoadSettings settings) {
    return switch (load) {
      case "throughput" -> throughput(settings);
      default -> throw new IllegalArgumentException("there is no load \"" + load + "\"");
    };
  }

  /** Puts one batch at a time, puts four at a time, then reads what those four put. */
  private static Figures throughput(LoadSettings settings) {
    long pid = settings.serverPid();
    Duration time = settings.measured();
    long most = settings.recordsMax();
    Figures figures = new Figures();
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
    return figures;
  }
}
