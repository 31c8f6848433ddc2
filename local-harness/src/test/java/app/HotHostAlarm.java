package app;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RecordFunction;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Instant;

/** The smallest program, as a user writes it outside our packages. */
final class HotHostAlarm implements RecordFunction<HotHostAlarm.HostMetric, HotHostAlarm.Alarm> {
  record HostMetric(String host, double cpuPercent) {}

  record Alarm(String host, Instant at) {}

  @Override
  public void handle(Event<HostMetric> event, Output<Alarm> alarms) {
    if (event.value().cpuPercent() > 95) {
      alarms.send(new Alarm(event.value().host(), event.time()));
    }
  }

  static FunctionSpec<HostMetric, Alarm> spec() {
    return FunctionSpec.named("hot-host-alarm")
        .reading(Input.of(StreamSource.kinesis("host-metrics"), Json.of(HostMetric.class)))
        .handledBy(
            HotHostAlarm::new, Destination.stream("alarms", Json.of(Alarm.class), Alarm::host));
  }
}
