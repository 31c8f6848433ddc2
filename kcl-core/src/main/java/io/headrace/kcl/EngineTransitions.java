package io.headrace.kcl;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often the engine's state machines took each of their transitions since the process began: a
 * simulation that never reached one proves nothing about it. Any thread may ask.
 */
public final class EngineTransitions {
  private EngineTransitions() {}

  /** By machine, phase, event and next phase; those that were never taken have 0. */
  public static Map<String, Long> counts() {
    var counts = new LinkedHashMap<String, Long>();
    counts.putAll(ShardReader.TABLE.counts());
    counts.putAll(RunTransitions.TABLE.counts());
    return counts;
  }
}
