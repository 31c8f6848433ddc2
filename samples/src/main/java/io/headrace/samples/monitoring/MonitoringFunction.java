package io.headrace.samples.monitoring;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.monitoring.MonitoringRule.Limits;

/** Puts out an {@link Anomaly} for each reading that {@link MonitoringRule} finds abnormal. */
final class MonitoringFunction implements KeyedFunction<Reading, MoteState, Anomaly> {
  private final MonitoringRule rule = new MonitoringRule(Limits.CHOSEN);

  @Override
  public MoteState initial(String mote) {
    return MoteState.NEW;
  }

  @Override
  public Next<MoteState> handle(MoteState state, Event<Reading> event, Output<Anomaly> out) {
    var verdict = rule.judge(state, event.value());
    verdict.anomaly().ifPresent(out::send);
    return Next.state(verdict.state());
  }

  /** Reads {@code stream}, whose partition key is the mote. */
  static FunctionSpec<Reading, Anomaly> spec(StreamSource stream, Destination<Anomaly> to) {
    return FunctionSpec.named("sensor-anomalies")
        .reading(Input.of(stream, Json.of(Reading.class)))
        .keyedBy(Keys.partitionKey(), Json.of(MoteState.class))
        .handledBy(MonitoringFunction::new, to);
  }
}
