package io.headrace.samples.monitoring;

import io.headrace.samples.CsvFile;
import io.headrace.samples.CsvRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads sensors.csv; its README says what the columns are and whom they are owed to. */
final class SensorFile {
  static final String NAME = "sensors.csv";
  static final List<String> COLUMNS =
      List.of("reading", "mote_id", "indoor", "humidity", "temperature", "label");

  private SensorFile() {}

  /** All readings as if the motes had measured at the same time: by number, then by mote. */
  static List<LabelledReading> read() {
    return readings(CsvFile.ofSamples(NAME, COLUMNS));
  }

  static List<LabelledReading> readings(List<CsvRow> rows) {
    var last = new HashMap<Long, Long>();
    var readings = new ArrayList<LabelledReading>(rows.size());
    for (var row : rows) {
      readings.add(reading(row, last));
    }
    readings.sort(
        Comparator.<LabelledReading>comparingLong(r -> r.reading().number())
            .thenComparing(r -> r.reading().mote()));
    return List.copyOf(readings);
  }

  private static LabelledReading reading(CsvRow row, Map<Long, Long> last) {
    long mote = row.whole("mote_id", 1, 999);
    long number = row.whole("reading", 1, 1_000_000_000);
    long expected = last.getOrDefault(mote, 0L) + 1;
    if (number != expected) {
      throw row.wrong("reading", "must be " + expected + ", the next one of mote " + mote);
    }
    last.put(mote, number);
    var reading =
        new Reading(
            "mote " + mote,
            number,
            row.flag("indoor"),
            row.decimal("humidity", 0, 100),
            row.decimal("temperature", -40, 124));
    return new LabelledReading(reading, row.flag("label"));
  }
}
