package io.headrace.samples.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.harness.FunctionVerifier;
import io.headrace.kcl.StreamSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonitoringVerifiedTest {
  private static Reading reading(String mote, long number, double humidity) {
    return new Reading(mote, number, true, humidity, 28);
  }

  @Test
  void anomalies_are_the_same_however_the_worker_is_disturbed() {
    List<Reading> first = new ArrayList<>();
    for (int number = 1; number <= 5; number++) {
      first.add(reading("mote 1", number, 45));
    }

    var verdict =
        FunctionVerifier.of(
                MonitoringFunction.spec(
                    StreamSource.kinesis("sensor-readings"), Destination.nowhere()))
            .put("mote 1", first.toArray(Reading[]::new))
            .put("mote 2", reading("mote 2", 1, 60))
            .put("mote 1", reading("mote 1", 6, 60), reading("mote 1", 7, 45))
            .verify();

    assertThat(verdict.runs()).isGreaterThan(180);
  }
}
