package io.headrace.harness.fleet;

import io.headrace.checkpoint.ProgressKey;
import java.util.HashMap;
import java.util.Map;

/**
 * Which names functions have in the processes of a fleet, while a deployment that renames them
 * takes the place of another, is taken back half-way, and comes again. Judges know a function by
 * the name that it had first: whatever is told under another one is about the same. On the world's
 * loop only.
 */
final class NameRoll {
  private static final String RENAMED = "-renamed";

  /** Decided once for a process. */
  private final Map<String, Boolean> renamed = new HashMap<>();

  /** What the function is called there. */
  String nameIn(SimulatedProcess process, String function) {
    return isRenamed(process) ? function + RENAMED : function;
  }

  /** By its name and the plan, so that other draws stay as they are. */
  boolean isRenamed(SimulatedProcess process) {
    var known = renamed.get(process.name());
    if (known != null) {
      return known;
    }
    var world = process.world();
    boolean begins = world.processes().size() < world.plan().workers();
    long drawn = Tally.mix(37L * world.plan().hashCode() + process.name().hashCode());
    boolean is = !begins && world.workload().renames(world.plan()) && drawn % 2 == 0;
    renamed.put(process.name(), is);
    if (is) {
      world.trace().tell(process.name(), "runs its functions under other names");
    }
    return is;
  }

  static String first(String function) {
    return function.replace(RENAMED, ""); // A stage's name has the stream behind it.
  }

  static ProgressKey first(ProgressKey key) {
    return key.named(first(key.function()));
  }
}
