package io.headrace.bench.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Pause;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a fleet costs while nothing happens. */
final class Costs {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

  /** What was handled before has been committed, and its threads have gone. */
  private static final Duration QUIET = Duration.ofSeconds(20);

  private static final Duration COUNTED = Duration.ofMinutes(1);
  private static final Set<String> WRITES =
      Set.of("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems");

  private Costs() {}

  static Figures idle(Stage stage, String label) {
    List<FleetMember> fleet = stage.fleet(2);
    stage.load().close();
    Pause.millis(QUIET.toMillis());
    List<Signal> before = fleet.stream().map(Costs::status).toList();
    Pause.millis(COUNTED.toMillis());
    List<Signal> after = fleet.stream().map(Costs::status).toList();
    double requests = 0;
    double writes = 0;
    double threads = 0;
    for (int i = 0; i < fleet.size(); i++) {
      double seconds = Starting.seconds(after.get(i).tick() - before.get(i).tick());
      threads = Math.max(threads, after.get(i).line().path("threads").asDouble());
      for (Map.Entry<String, JsonNode> operation : requests(after.get(i))) {
        long sent =
            operation.getValue().asLong()
                - before.get(i).line().path("requests").path(operation.getKey()).asLong();
        requests += sent / seconds;
        writes += WRITES.contains(operation.getKey()) ? sent / seconds : 0;
      }
    }
    return new Figures()
        .put(label + ".requests_s", requests / fleet.size())
        .put(label + ".writes_s", writes / fleet.size())
        .put(label + ".threads", threads);
  }

  static Figures threads(Stage stage, String label) {
    FleetMember worker = stage.fleet(1).get(0);
    return new Figures().put(label + ".count", status(worker).line().path("threads").asDouble());
  }

  private static Set<Map.Entry<String, JsonNode>> requests(Signal status) {
    return status.line().path("requests").properties();
  }

  private static Signal status(FleetMember member) {
    long tick = System.nanoTime();
    member.command("status");
    return member.await("status", tick, ANSWER_MAX);
  }
}
