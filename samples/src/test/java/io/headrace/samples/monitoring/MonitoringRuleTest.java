package io.headrace.samples.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.samples.Score;
import io.headrace.samples.monitoring.MonitoringRule.Limits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonitoringRuleTest {
  private final MonitoringRule rule = new MonitoringRule(Limits.CHOSEN);
  private MoteState state = MoteState.NEW;
  private long number;

  /** Whether the next reading is an anomaly. */
  private boolean reads(double humidity, double temperature) {
    var verdict = rule.judge(state, new Reading("mote 1", ++number, true, humidity, temperature));
    state = verdict.state();
    return verdict.anomaly().isPresent();
  }

  private void readsNormally(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(reads(45, 28)).isFalse();
    }
  }

  @Test
  void the_first_reading_of_a_mote_is_never_an_anomaly() {
    assertThat(reads(99, 60)).isFalse();
  }

  @Test
  void a_jump_of_humidity_is_an_anomaly_until_it_is_back() {
    readsNormally(10);

    assertThat(reads(47.9, 28)).isFalse();
    assertThat(reads(48, 28)).isTrue();
    assertThat(reads(80, 28)).isTrue();
    assertThat(reads(50, 28)).isTrue();
    assertThat(reads(47, 28)).isFalse();
  }

  @Test
  void a_drop_counts_like_a_rise() {
    readsNormally(10);

    assertThat(reads(42, 28)).isTrue();
  }

  @Test
  void temperature_alone_is_enough() {
    readsNormally(10);

    assertThat(reads(45, 29.4)).isFalse();
    assertThat(reads(45, 29.5)).isTrue();
  }

  @Test
  void an_anomaly_does_not_become_its_own_standard() {
    readsNormally(10);
    for (int i = 0; i < 500; i++) {
      assertThat(reads(60 + i % 10, 28)).isTrue();
    }
    assertThat(state.normal()).allMatch(level -> level.humidity() == 45);
  }

  @Test
  void weather_that_moves_slowly_is_normal_however_far_it_goes() {
    for (int i = 0; i < 200; i++) {
      assertThat(reads(40 + i * 0.2, 20 + i * 0.05)).isFalse();
    }
  }

  @Test
  void a_mote_that_was_moved_is_normal_again_after_thirty_still_readings() {
    readsNormally(10);
    for (int i = 1; i < 30; i++) {
      assertThat(reads(60, 22)).isTrue();
    }
    assertThat(reads(60, 22)).isFalse();
    assertThat(reads(60, 22)).isFalse();
    assertThat(reads(45, 28)).isTrue();
  }

  @Test
  void a_reading_that_comes_again_changes_nothing() {
    readsNormally(10);
    assertThat(reads(60, 28)).isTrue();
    var before = state;

    number--;
    assertThat(reads(60, 28)).isFalse();
    assertThat(state).isEqualTo(before);
  }

  @Test
  void an_anomaly_says_what_was_expected() {
    readsNormally(10);

    var verdict = rule.judge(state, new Reading("mote 1", 11, true, 60, 27));

    assertThat(verdict.anomaly()).contains(new Anomaly("mote 1", 11, 60, 45, 27, 28));
  }

  @Test
  void what_is_remembered_stays_small() {
    for (int i = 0; i < 1000; i++) {
      reads(i % 100, 20);
      assertThat(state.normal()).hasSizeLessThanOrEqualTo(5);
      assertThat(state.suspect()).hasSizeLessThanOrEqualTo(30);
    }
  }

  @Test
  void senseless_limits_are_refused() {
    assertThatThrownBy(() -> new Limits(0, 3, 1.5, 30, 1, 0.5)).hasMessageContaining("normal 0");
    assertThatThrownBy(() -> new Limits(5, 3, 1.5, 4, 1, 0.5)).hasMessageContaining("settled 4");
    assertThatThrownBy(() -> new Limits(5, Double.NaN, 1.5, 30, 1, 0.5))
        .hasMessageContaining("humidity");
  }

  /** Precision and recall of limits over whole motes. */
  private static Score score(Limits limits, List<String> motes) {
    var rule = new MonitoringRule(limits);
    var states = new HashMap<String, MoteState>();
    var score = Score.NONE;
    for (var labelled : SensorFile.read()) {
      var mote = labelled.reading().mote();
      if (!motes.contains(mote)) {
        continue;
      }
      var verdict = rule.judge(states.getOrDefault(mote, MoteState.NEW), labelled.reading());
      states.put(mote, verdict.state());
      boolean alarm = verdict.anomaly().isPresent();
      boolean real = labelled.anomaly();
      score =
          score.plus(
              new Score(
                  alarm && real ? 1 : 0,
                  alarm && !real ? 1 : 0,
                  alarm && real ? 1 : 0,
                  !alarm && real ? 1 : 0));
    }
    return score;
  }

  @Test
  void limits_chosen_on_motes_1_and_2_hold_on_motes_3_and_4() {
    var chosenOn = score(Limits.CHOSEN, List.of("mote 1", "mote 2"));
    var checkedOn = score(Limits.CHOSEN, List.of("mote 3", "mote 4"));

    System.out.println("chosen on motes 1 and 2: " + chosenOn);
    System.out.println("checked on motes 3 and 4: " + checkedOn);
    assertThat(chosenOn).isEqualTo(new Score(117, 0, 117, 0));
    assertThat(checkedOn).isEqualTo(new Score(31, 0, 31, 1));
  }

  @Test
  void neighbouring_limits_do_nearly_as_well() {
    var motes = List.of("mote 1", "mote 2", "mote 3", "mote 4");
    var worst = new ArrayList<String>();
    for (int normal : new int[] {5, 7, 9, 11}) {
      for (double humidity : new double[] {2.5, 3, 3.5, 4}) {
        for (double temperature : new double[] {1.2, 1.5, 3}) {
          for (int settled : new int[] {15, 30, 60}) {
            var score = score(new Limits(normal, humidity, temperature, settled, 1.0, 0.5), motes);
            if (score.precision().orElse(0) < 0.95 || score.recall().orElse(0) < 0.95) {
              worst.add(normal + " " + humidity + " " + temperature + " " + settled + ": " + score);
            }
          }
        }
      }
    }
    assertThat(worst).isEmpty();
  }
}
