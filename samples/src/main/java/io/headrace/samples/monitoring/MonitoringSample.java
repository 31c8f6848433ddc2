package io.headrace.samples.monitoring;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.Collected;
import io.headrace.samples.Played;
import io.headrace.samples.Sample;
import io.headrace.samples.SampleResult;
import io.headrace.samples.Score;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds anomalies in real sensor readings. The labels stay here and meet the alarms only in {@link
 * #result}, by mote and number of the reading.
 */
public final class MonitoringSample implements Sample {
  private static final StreamSource STREAM = StreamSource.kinesis("sensor-readings");

  /** Names a reading. */
  private record Name(String mote, long number) {}

  private final List<LabelledReading> labelled;
  private final Played<Reading> played;
  private final Collected<Name, Anomaly> alarms =
      new Collected<>(anomaly -> new Name(anomaly.mote(), anomaly.number()));
  private final FunctionSpec<Reading, Anomaly> spec =
      MonitoringFunction.spec(STREAM, Destination.callback(this::take));

  /** Reads the whole file. */
  public MonitoringSample() {
    this(SensorFile.read());
  }

  MonitoringSample(List<LabelledReading> labelled) {
    this.labelled = List.copyOf(labelled);
    this.played =
        Played.on(
            STREAM,
            labelled.stream().map(LabelledReading::reading).toList(),
            Json.of(Reading.class),
            Reading::mote);
  }

  /** What the function's destination is. */
  void take(Anomaly anomaly) {
    alarms.add(anomaly);
  }

  @Override
  public String name() {
    return "monitoring";
  }

  /** One for each mote, as their names fall. */
  @Override
  public int shards() {
    return 4;
  }

  @Override
  public FunctionSpec<Reading, Anomaly> spec() {
    return spec;
  }

  @Override
  public long perSecondMax() {
    return 3_600;
  }

  @Override
  public Played<Reading> played() {
    return played;
  }

  @Override
  public long outputs() {
    return alarms.size();
  }

  /** Each reading counts: an alarm is right when that very reading is labelled. */
  @Override
  public SampleResult result(long put) {
    int readings = played.first(put).size();
    var alarmed = new HashSet<>(alarms.distinct().keySet());
    var motes = new TreeMap<String, Score>();
    for (var reading : labelled.subList(0, readings)) {
      motes.merge(reading.reading().mote(), score(reading, alarmed), Score::plus);
    }
    var all = motes.values().stream().reduce(Score.NONE, Score::plus);

    var figures = new LinkedHashMap<String, Object>();
    figures.put("readings", put);
    figures.put("anomalies", all.found() + all.missed());
    figures.putAll(all.figures());
    figures.put("repeated", alarms.repeated());
    figures.put("contradicting", alarms.contradicting());
    figures.put("unasked", (long) alarmed.size());
    var byMote = new LinkedHashMap<String, Object>();
    motes.forEach((mote, score) -> byMote.put(mote, score.figures()));
    figures.put("motes", byMote);

    var lines = new ArrayList<String>();
    lines.add(put + " readings: " + all);
    motes.forEach((mote, score) -> lines.add(mote + ": " + score));
    beforeTheFirstAnomaly(readings).ifPresent(lines::add);
    return new SampleResult(name(), figures, lines);
  }

  /** A short run ends before the first incident of the file, and so finds nothing to find. */
  private Optional<String> beforeTheFirstAnomaly(int readings) {
    int first = 0;
    while (first < labelled.size() && !labelled.get(first).anomaly()) {
      first++;
    }
    if (first < readings || first == labelled.size()) {
      return Optional.empty();
    }
    return Optional.of(
        "the file's first anomaly is reading "
            + (first + 1)
            + " of "
            + labelled.size()
            + ": play longer to see it found");
  }

  /** Takes the reading's alarm out of {@code alarmed}: what is left was about nothing put. */
  private static Score score(LabelledReading labelled, Set<Name> alarmed) {
    var reading = labelled.reading();
    boolean alarm = alarmed.remove(new Name(reading.mote(), reading.number()));
    if (labelled.anomaly()) {
      return alarm ? new Score(1, 0, 1, 0) : new Score(0, 0, 0, 1);
    }
    return alarm ? new Score(0, 1, 0, 0) : Score.NONE;
  }
}
