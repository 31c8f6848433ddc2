package io.headrace.samples.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.json.Json;
import io.headrace.kcl.HashRange;
import io.headrace.samples.monitoring.MonitoringRule.Limits;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MonitoringSampleTest {
  private final MonitoringSample sample = new MonitoringSample();

  /** Plays the first entries as the stream would, decoded from what is put. */
  private static List<Anomaly> anomalies(MonitoringSample sample, long put) {
    var codec = Json.of(Reading.class);
    var rule = new MonitoringRule(Limits.CHOSEN);
    var motes = new HashMap<String, MoteState>();
    var anomalies = new ArrayList<Anomaly>();
    var entries = sample.entries();
    for (long i = 0; i < put; i++) {
      var entry = entries.next().entry();
      var reading = codec.decode(entry.data(), codec.version());
      assertThat(entry.partitionKey()).isEqualTo(reading.mote());
      var verdict = rule.judge(motes.getOrDefault(reading.mote(), MoteState.NEW), reading);
      motes.put(reading.mote(), verdict.state());
      verdict.anomaly().ifPresent(anomalies::add);
    }
    return anomalies;
  }

  @Test
  void over_the_whole_file_precision_and_recall_are_at_least_95_percent() {
    anomalies(sample, sample.size()).forEach(sample::take);

    var result = sample.result(sample.size());
    result.lines().forEach(System.out::println);

    assertThat(result.figures())
        .containsEntry("readings", 18_914L)
        .containsEntry("anomalies", 149L)
        .containsEntry("right", 148L)
        .containsEntry("wrong", 0L)
        .containsEntry("missed", 1L)
        .containsEntry("precision", 1.0)
        .containsEntry("repeated", 0L)
        .containsEntry("unasked", 0L);
    assertThat((double) result.figures().get("recall")).isGreaterThanOrEqualTo(0.95);
    assertThat(result.lines())
        .contains("mote 4: precision 1.000 (31 of 31 alarms), recall 0.968 (31 of 32)")
        .contains("mote 2: precision - (0 of 0 alarms), recall - (0 of 0)");
  }

  @Test
  void a_run_that_ends_before_the_first_incident_says_that_it_comes_later() {
    assertThat(sample.result(100).lines())
        .last()
        .asString()
        .matches("the file's first anomaly is reading \\d+ of 18914: play longer to see it found");
    assertThat(sample.result(sample.size()).lines()).noneMatch(line -> line.contains("longer"));
  }

  @Test
  void the_record_on_the_stream_does_not_carry_the_label() {
    var entries = sample.entries();
    while (entries.hasNext()) {
      var json = new String(entries.next().entry().data(), StandardCharsets.UTF_8);
      assertThat(json).doesNotContain("label").doesNotContain("anomaly");
    }
  }

  @Test
  void each_mote_has_a_shard_of_its_own() {
    var motes = new HashSet<String>();
    var quarters = new HashSet<Integer>();
    sample.entries().forEachRemaining(entry -> motes.add(entry.entry().partitionKey()));
    for (var mote : motes) {
      quarters.add(
          HashRange.hashOf(mote)
              .multiply(BigInteger.valueOf(sample.shards()))
              .shiftRight(128)
              .intValueExact());
    }
    assertThat(motes).hasSize(4);
    assertThat(quarters).hasSize(4);
  }

  @Test
  void alarms_that_come_again_are_counted_and_change_no_other_figure() {
    var anomalies = anomalies(sample, sample.size());
    anomalies.forEach(sample::take);
    var once = new HashMap<>(sample.result(sample.size()).figures());
    anomalies.forEach(sample::take);
    var twice = new HashMap<>(sample.result(sample.size()).figures());

    assertThat(twice.remove("repeated")).isEqualTo(148L);
    once.remove("repeated");
    assertThat(twice).isEqualTo(once);
  }

  @Test
  void an_alarm_that_changed_its_mind_is_told() {
    sample.take(new Anomaly("mote 1", 1, 50, 45, 20, 20));
    sample.take(new Anomaly("mote 1", 1, 50, 46, 20, 20));

    assertThat(sample.result(4).figures()).containsEntry("contradicting", 1L);
  }

  @Test
  void only_what_was_put_is_judged() {
    assertThat(sample.result(0).figures())
        .containsEntry("readings", 0L)
        .containsEntry("missed", 0L)
        .doesNotContainKeys("precision", "recall");

    long half = 4 * 2400;
    anomalies(sample, half).forEach(sample::take);
    assertThat(sample.result(half).figures())
        .containsEntry("found", 88L)
        .containsEntry("missed", 1L)
        .containsEntry("unasked", 0L);
  }

  @Test
  void a_missing_alarm_a_wrong_one_and_one_nobody_asked_for_are_told_apart() {
    anomalies(sample, sample.size()).stream().skip(1).forEach(sample::take);
    sample.take(new Anomaly("mote 2", 7, 0, 0, 0, 0));
    sample.take(new Anomaly("mote 9", 7, 0, 0, 0, 0));

    assertThat(sample.result(sample.size()).figures())
        .containsEntry("missed", 2L)
        .containsEntry("wrong", 1L)
        .containsEntry("unasked", 1L);
  }

  @Test
  void more_than_there_is_cannot_have_been_put() {
    assertThatThrownBy(() -> sample.result(18_915))
        .hasMessage("18915 entries put: must be between 0 and 18914");
    assertThatThrownBy(() -> sample.result(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void what_is_remembered_of_a_mote_survives_being_stored() {
    var codec = Json.of(MoteState.class);
    var state =
        new MoteState(
            7, List.of(new MoteState.Level(1.5, 2)), List.of(new MoteState.Level(3, 4.25)));

    assertThat(codec.decode(codec.encode(state), codec.version())).isEqualTo(state);
    assertThat(Map.of("size", codec.encode(state).length).get("size")).isLessThan(200);
  }
}
