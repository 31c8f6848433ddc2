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

/** Windows within the partition key, as a user writes them. */
final class Delays implements WindowFunction<Delays.Flight, Delays.Sum, Delays.DayOfOrigin> {
  record Flight(String origin, String carrier, Instant departed, int delayMinutes) {}

  record Sum(long flights, long minutes) {}

  record DayOfOrigin(String carrier, String origin, Instant day, long flights, double meanDelay) {}

  static final Side<Flight> TOO_LATE = Side.named("too-late", Flight.class);

  @Override
  public Sum empty() {
    return new Sum(0, 0);
  }

  @Override
  public Sum add(Sum s, Event<Flight> e) {
    return new Sum(s.flights + 1, s.minutes + e.value().delayMinutes());
  }

  @Override
  public Sum merge(Sum a, Sum b) {
    return new Sum(a.flights + b.flights, a.minutes + b.minutes);
  }

  @Override
  public void close(Window w, Sum s, Output<DayOfOrigin> out) {
    out.send(
        new DayOfOrigin(
            w.partitionKey(), w.key(), w.start(), s.flights, (double) s.minutes / s.flights));
  }

  static FunctionSpec<Flight, DayOfOrigin> spec() {
    return FunctionSpec.named("delays-per-origin")
        .reading(
            Input.of(StreamSource.kinesis("flights"), Json.of(Flight.class))
                .timedBy(Flight::departed))
        .windowedBy(
            Keys.within(Flight::origin),
            Windows.daily(ZoneOffset.UTC).waiting(Duration.ofHours(1)).lateTo(TOO_LATE),
            Json.of(Sum.class))
        .sendingSide(
            TOO_LATE, Destination.stream("late-flights", Json.of(Flight.class), Flight::origin))
        .handledBy(
            Delays::new,
            Destination.stream("delays", Json.of(DayOfOrigin.class), DayOfOrigin::origin));
  }
}
