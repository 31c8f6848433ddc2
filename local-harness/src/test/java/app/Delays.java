package app;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Output;
import io.headrace.function.Side;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;

/** Days by something else than the partition key, told again when a record is late. */
final class Delays implements WindowFunction<Delays.Flight, Delays.Sum, Delays.DayOfOrigin> {
  record Flight(String origin, String carrier, Instant departed, int delayMinutes) {}

  record Sum(long flights, long minutes, long late) {}

  record DayOfOrigin(
      String origin, Instant day, long flights, double meanDelay, double shareLate, int revision) {}

  static final Side<Flight> TOO_LATE = Side.named("too-late", Flight.class);

  @Override
  public Sum empty() {
    return new Sum(0, 0, 0);
  }

  @Override
  public Sum add(Sum s, Event<Flight> e) {
    var f = e.value();
    return new Sum(
        s.flights + 1, s.minutes + f.delayMinutes(), s.late + (f.delayMinutes() > 15 ? 1 : 0));
  }

  @Override
  public Sum merge(Sum a, Sum b) {
    return new Sum(a.flights + b.flights, a.minutes + b.minutes, a.late + b.late);
  }

  @Override
  public void close(Window w, Sum s, Output<DayOfOrigin> out) {
    out.send(
        new DayOfOrigin(
            w.key(),
            w.start(),
            s.flights,
            (double) s.minutes / s.flights,
            (double) s.late / s.flights,
            w.revision()));
  }

  static FunctionSpec<Flight, DayOfOrigin> spec() {
    return FunctionSpec.named("delays-per-origin")
        .reading(
            Input.of(StreamSource.kinesis("flights"), Json.of(Flight.class))
                .timedBy(Flight::departed)) // partition key: carrier
        .windowedBy(
            Keys.across(Flight::origin, "flights-by-origin"),
            Windows.daily(ZoneOffset.UTC).allowing(Duration.ofHours(1)).lateTo(TOO_LATE),
            Json.of(Sum.class))
        .sendingSide(
            TOO_LATE, Destination.stream("late-flights", Json.of(Flight.class), Flight::origin))
        .handledBy(
            Delays::new,
            Destination.stream("delays", Json.of(DayOfOrigin.class), DayOfOrigin::origin));
  }
}
