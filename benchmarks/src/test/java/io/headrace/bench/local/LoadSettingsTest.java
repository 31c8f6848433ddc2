package io.headrace.bench.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoadSettingsTest {
  private static final LoadSettings SETTINGS =
      new LoadSettings(
          URI.create("http://127.0.0.1:1"), 42, Duration.ofMillis(1), Duration.ofSeconds(2), 7);

  @Test
  void what_goes_on_the_command_line_is_what_is_read_from_it() {
    List<String> command = SETTINGS.command("throughput");
    assertThat(command.get(0)).isEqualTo("throughput");
    assertThat(LoadSettings.parse(command.subList(1, command.size()))).isEqualTo(SETTINGS);
  }

  @Test
  void a_missing_or_shapeless_setting_is_named() {
    assertThatThrownBy(() -> LoadSettings.parse(List.of("serverPid=1")))
        .hasMessageContaining("endpoint=... is missing");
    assertThatThrownBy(() -> LoadSettings.parse(List.of("pid")))
        .hasMessage("\"pid\" must be name=value");
  }

  @Test
  void figures_come_out_of_the_line_that_they_went_into() {
    Figures figures = new Figures().put("a.records_s", 1.25).put("b.ms", 1e9);
    assertThat(Figures.parse(figures.line()).byName()).isEqualTo(figures.byName());
  }

  @Test
  void a_figure_that_is_no_number_is_left_out() {
    assertThat(new Figures().put("a", Double.NaN).byName()).isEmpty();
  }

  @Test
  void a_line_that_is_no_figures_says_so() {
    assertThatThrownBy(() -> Figures.parse("Exception in thread"))
        .isInstanceOf(NotMeasured.class)
        .hasMessageContaining("Exception in thread");
  }

  @Test
  void figures_keep_four_digits_and_all_of_a_whole_part() {
    assertThat(Figures.rounded(0.0123456)).isEqualTo(0.01235);
    assertThat(Figures.rounded(123.456)).isEqualTo(123.5);
    assertThat(Figures.rounded(1234567.8)).isEqualTo(1234568.0);
    assertThat(Figures.rounded(0)).isZero();
  }
}
