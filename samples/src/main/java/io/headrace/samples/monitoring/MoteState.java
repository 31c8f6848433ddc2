package io.headrace.samples.monitoring;

import java.util.List;

/**
 * What is remembered of a mote, as kept between readings. At most {@code normal + settled} levels
 * of {@link MonitoringRule.Limits}.
 *
 * @param last number of the latest reading seen
 * @param normal the latest levels taken for normal, oldest first
 * @param suspect the levels since the mote left its normal level, oldest first, the latest ones
 *     only; empty while all is well
 */
record MoteState(long last, List<Level> normal, List<Level> suspect) {
  static final MoteState NEW = new MoteState(0, List.of(), List.of());

  MoteState {
    normal = List.copyOf(normal);
    suspect = List.copyOf(suspect);
  }

  /** One reading's two values. */
  record Level(double humidity, double temperature) {}
}
