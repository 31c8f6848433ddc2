package io.headrace.samples.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.harness.FunctionHarness;
import org.junit.jupiter.api.Test;

class MonitoringFunctionTest {
  private final MonitoringSample sample = new MonitoringSample();
  private final FunctionHarness<Reading, Anomaly> harness = FunctionHarness.of(sample.spec());

  private void put(String mote, long number, double humidity) {
    harness.put(mote, new Reading(mote, number, true, humidity, 28), harness.now());
  }

  @Test
  void an_anomaly_of_one_mote_is_none_of_another() {
    for (int number = 1; number <= 5; number++) {
      put("mote 1", number, 45);
      put("mote 2", number, 60);
    }
    put("mote 1", 6, 60);
    put("mote 2", 6, 60);

    assertThat(harness.output()).containsExactly(new Anomaly("mote 1", 6, 60, 45, 28, 28));
  }

  @Test
  void a_crash_in_the_middle_of_an_anomaly_changes_nothing() {
    for (int number = 1; number <= 5; number++) {
      put("mote 1", number, 45);
    }
    put("mote 1", 6, 60);
    harness.crash();
    put("mote 1", 7, 60);
    put("mote 1", 8, 45);

    assertThat(harness.output()).extracting(Anomaly::number).containsOnly(6L, 7L);
  }

  @Test
  void
      the_whole_file_through_the_function_gives_the_figures_of_the_rule_though_the_worker_crashes() {
    for (var reading : SensorFile.read()) {
      harness.put(reading.reading().mote(), reading.reading(), harness.now());
      if (reading.anomaly() && reading.reading().number() == 2_370) {
        harness.crash();
      }
    }
    harness.output().forEach(sample::take);

    assertThat(sample.result(sample.size()).figures())
        .containsEntry("right", 148L)
        .containsEntry("wrong", 0L)
        .containsEntry("missed", 1L)
        .containsEntry("contradicting", 0L);
  }
}
