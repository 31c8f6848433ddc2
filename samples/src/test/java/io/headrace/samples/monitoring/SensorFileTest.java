package io.headrace.samples.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.samples.CsvFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SensorFileTest {
  private static List<LabelledReading> read(String... lines) throws IOException {
    var text = String.join(",", SensorFile.COLUMNS) + "\n" + String.join("\n", lines) + "\n";
    return SensorFile.readings(
        CsvFile.read(
            "sensors.csv",
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
            SensorFile.COLUMNS));
  }

  @Test
  void the_file_has_the_readings_of_four_motes_with_149_anomalies() {
    var readings = SensorFile.read();

    assertThat(readings).hasSize(18_914);
    assertThat(
            readings.stream()
                .collect(Collectors.groupingBy(r -> r.reading().mote(), Collectors.counting())))
        .containsOnly(
            java.util.Map.entry("mote 1", 4417L),
            java.util.Map.entry("mote 2", 4417L),
            java.util.Map.entry("mote 3", 5039L),
            java.util.Map.entry("mote 4", 5041L));
    assertThat(readings.stream().filter(LabelledReading::anomaly)).hasSize(149);
  }

  @Test
  void readings_of_all_motes_come_side_by_side() throws IOException {
    var readings = read("1,1,1,45.93,27.97,0", "2,1,1,45.9,27.95,1", "1,4,0,37.16,33.94,0");

    assertThat(readings)
        .containsExactly(
            new LabelledReading(new Reading("mote 1", 1, true, 45.93, 27.97), false),
            new LabelledReading(new Reading("mote 4", 1, false, 37.16, 33.94), false),
            new LabelledReading(new Reading("mote 1", 2, true, 45.9, 27.95), true));
  }

  @Test
  void a_value_that_no_sensor_gives_is_refused_by_line_column_and_value() {
    assertThatThrownBy(() -> read("1,1,1,45.93,27.97,0", "2,1,1,145.9,27.95,0"))
        .hasMessage(
            "sensors.csv line 3 column humidity: \"145.9\" must be a decimal number from 0.0 to"
                + " 100.0");
    assertThatThrownBy(() -> read("1,1,1,45.93,hot,0"))
        .hasMessageContaining("sensors.csv line 2 column temperature: \"hot\"");
    assertThatThrownBy(() -> read("1,1,1,45.93,27.97,2"))
        .hasMessageContaining("line 2 column label: \"2\"");
  }

  @Test
  void a_gap_in_the_numbers_of_a_mote_is_refused() {
    assertThatThrownBy(() -> read("1,1,1,45.93,27.97,0", "3,1,1,45.9,27.95,0"))
        .hasMessage("sensors.csv line 3 column reading: \"3\" must be 2, the next one of mote 1");
  }
}
