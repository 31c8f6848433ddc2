package io.headrace.samples.analytics;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.json.Json;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.Collected;
import io.headrace.samples.Deployment;
import io.headrace.samples.Played;
import io.headrace.samples.Sample;
import io.headrace.samples.SampleResult;
import io.headrace.samples.ShardEnds;
import io.headrace.samples.analytics.Fold.AirportDay;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;

/** Sums up real flights by origin and day; the truth is a plain fold over the flights put. */
public final class AnalyticsSample implements Sample {
  private static final StreamSource STREAM = StreamSource.kinesis("flights");
  private static final Json<Flight> CODEC = Json.of(Flight.class);

  private final Played<Flight> played;
  private final Collected<AirportDay, DelaysOfDay> days =
      new Collected<>(day -> new AirportDay(day.airport(), day.day()));
  private final Collected<Long, Flight> tooLate = new Collected<>(Flight::number);
  private final FunctionSpec<Flight, DelaysOfDay> spec =
      DelayWindows.byOrigin(
          STREAM, Destination.callback(this::take), Destination.callback(this::takeLate));

  /** Reads the whole file. */
  public AnalyticsSample() {
    this(FlightFile.read());
  }

  AnalyticsSample(List<Flight> flights) {
    this.played = Played.on(STREAM, flights, CODEC, Flight::origin);
  }

  /** The same function as real workers run it; flights that came too late go with the outputs. */
  public static FunctionSpec<?, ?> deployed(Deployment how) {
    return DelayWindows.byOrigin(
        STREAM,
        how.outputs(DelaysOfDay.class, DelaysOfDay::airport),
        how.outputs(Flight.class, Flight::origin),
        how.state(DelaySum.class));
  }

  /** What the function's destination is. */
  void take(DelaysOfDay day) {
    days.add(day);
  }

  /** What the destination of its side is. */
  void takeLate(Flight flight) {
    tooLate.add(flight);
  }

  @Override
  public String name() {
    return "analytics";
  }

  @Override
  public int shards() {
    return 4;
  }

  @Override
  public FunctionSpec<Flight, DelaysOfDay> spec() {
    return spec;
  }

  /** Of four shards the one with the big airports takes 36 % of the flights. */
  @Override
  public long perSecondMax() {
    return 2_400;
  }

  @Override
  public Played<Flight> played() {
    return played;
  }

  /** An end for each shard, which closes the days that are still open there. */
  @Override
  public List<Entry> ending(StreamSource stream, Collection<Shard> openShards) {
    return ShardEnds.keys(openShards).values().stream()
        .map(key -> new Entry(key, CODEC.encode(Flight.END)))
        .toList();
  }

  @Override
  public long outputs() {
    return days.size();
  }

  /** All days must be there, once, with the very figures of the fold. */
  @Override
  public SampleResult result(long put) {
    var compared = new Fold(played.first(put)).compare(days.distinct());
    boolean equal = compared.equal() && days.contradicting() == 0;
    long late = tooLate.distinct().size();

    var figures = new LinkedHashMap<String, Object>();
    figures.put("flights", put);
    figures.put("windows", compared.windows());
    figures.put("equalToFold", equal);
    figures.put("missing", compared.missing());
    figures.put("different", compared.different());
    figures.put("unasked", compared.unasked());
    figures.put("tooLate", late);
    figures.put("repeated", days.repeated());
    figures.put("contradicting", days.contradicting());
    return new SampleResult(
        name(),
        figures,
        List.of(
            put
                + " flights in "
                + compared.windows()
                + " days of origins: "
                + (equal ? "equal to a plain fold over the file" : "not the fold's")
                + " ("
                + compared.missing()
                + " missing, "
                + compared.different()
                + " different, "
                + compared.unasked()
                + " unasked, "
                + late
                + " flights too late)"));
  }
}
