package app;

import static org.assertj.core.api.Assertions.assertThat;

import app.HotHostAlarm.Alarm;
import app.HotHostAlarm.HostMetric;
import io.headrace.harness.FunctionHarness;
import org.junit.jupiter.api.Test;

/** The first test of a user, word for word as the documents have it. */
class HotHostAlarmTest {
  @Test
  void raises_an_alarm_only_above_95_percent() {
    var stream = FunctionHarness.of(HotHostAlarm.spec());
    stream.put(new HostMetric("web-1", 95), new HostMetric("web-2", 97));
    assertThat(stream.output()).containsExactly(new Alarm("web-2", stream.now()));
  }
}
