package app;

import static org.assertj.core.api.Assertions.assertThat;

import app.HotHostAlarm.Alarm;
import app.HotHostAlarm.HostMetric;
import io.headrace.harness.FunctionHarness;
import io.headrace.harness.FunctionVerifier;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The first tests of a user, word for word as the documents have them. */
class HotHostAlarmTest {
  @Test
  void raises_an_alarm_only_above_95_percent() {
    var stream = FunctionHarness.of(HotHostAlarm.spec());
    stream.put(new HostMetric("web-1", 95), new HostMetric("web-2", 97));
    assertThat(stream.output()).containsExactly(new Alarm("web-2", stream.now()));
  }

  @Test
  void raises_the_same_alarms_however_its_worker_runs() {
    FunctionVerifier.of(HotHostAlarm.spec())
        .put("web-1", new HostMetric("web-1", 95), new HostMetric("web-1", 97))
        .advance(Duration.ofMinutes(1))
        .put("web-2", new HostMetric("web-2", 99))
        .verify();
  }
}
