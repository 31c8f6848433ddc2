package io.headrace.bench.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.bench.rig.ConsumedUnits;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Pause;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** What a fleet costs while nothing happens. */
final class Costs {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

  /** What was handled before has been committed, and its threads have gone. */
  private static final Duration QUIET = Duration.ofSeconds(20);

  private static final Duration COUNTED = Duration.ofMinutes(1);

  private Costs() {}

  static Figures idle(Stage stage, String label) {
    List<FleetMember> fleet = stage.fleet(2);
    stage.load().close();
    Pause.millis(QUIET.toMillis());
    return counted(fleet, label);
  }

  /** The same workers while a record a second comes into each half of each shard, and at rest. */
  static Figures loadedAndIdle(Stage stage) {
    List<FleetMember> fleet = stage.fleet(2);
    Figures figures = counted(fleet, "loaded");
    stage.load().close();
    Pause.millis(QUIET.toMillis());
    figures.putAll(counted(fleet, "idle"));
    return figures;
  }

  /** What a worker sends a second, the mean of all. */
  private static Figures counted(List<FleetMember> fleet, String label) {
    List<Signal> before = fleet.stream().map(Costs::status).toList();
    Pause.millis(COUNTED.toMillis());
    List<Signal> after = fleet.stream().map(Costs::status).toList();
    double requests = 0;
    double writes = 0;
    double writeUnits = 0;
    double readUnits = 0;
    double ofStream = 0;
    double threads = 0;
    for (int i = 0; i < fleet.size(); i++) {
      JsonNode first = before.get(i).line();
      JsonNode last = after.get(i).line();
      double seconds = Starting.seconds(after.get(i).tick() - before.get(i).tick());
      threads = Math.max(threads, last.path("threads").asDouble());
      requests += sent(first, last, "requests", operation -> true) / seconds;
      writes += sent(first, last, "requests", ConsumedUnits.WRITES::contains) / seconds;
      writeUnits += sent(first, last, "units", "write"::equals) / seconds;
      readUnits += sent(first, last, "units", "read"::equals) / seconds;
      ofStream += sent(first, last, "streamRequests", operation -> true) / seconds;
    }
    return new Figures()
        .put(label + ".requests_s", requests / fleet.size())
        .put(label + ".writes_s", writes / fleet.size())
        .put(label + ".write_units_s", writeUnits / fleet.size())
        .put(label + ".read_units_s", readUnits / fleet.size())
        .put(label + ".stream_requests_s", ofStream / fleet.size())
        .put(label + ".threads", threads);
  }

  private static double sent(
      JsonNode before, JsonNode after, String what, Predicate<String> which) {
    double sent = 0;
    for (Map.Entry<String, JsonNode> each : after.path(what).properties()) {
      if (which.test(each.getKey())) {
        sent += each.getValue().asDouble() - before.path(what).path(each.getKey()).asDouble();
      }
    }
    return sent;
  }

  static Figures threads(Stage stage, String label) {
    FleetMember worker = stage.fleet(1).get(0);
    return new Figures().put(label + ".count", status(worker).line().path("threads").asDouble());
  }

  private static Signal status(FleetMember member) {
    long tick = System.nanoTime();
    member.command("status");
    return member.await("status", tick, ANSWER_MAX);
  }
}
