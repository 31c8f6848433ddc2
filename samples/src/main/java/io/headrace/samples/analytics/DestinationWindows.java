package io.headrace.samples.analytics;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Output;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.ZoneOffset;

/**
 * Sums up delays by destination and UTC day of the departure, of flights whose partition key is the
 * origin: those of one destination lie in all shards, and come together through a stream.
 */
final class DestinationWindows implements WindowFunction<Flight, NumberedSum, DayOfDestination> {
  @Override
  public NumberedSum empty() {
    return NumberedSum.EMPTY;
  }

  @Override
  public NumberedSum add(NumberedSum sum, Event<Flight> event) {
    return sum.plus(event.value());
  }

  @Override
  public NumberedSum merge(NumberedSum left, NumberedSum right) {
    return left.plus(right);
  }

  @Override
  public void close(Window window, NumberedSum sum, Output<DayOfDestination> out) {
    out.send(
        new DayOfDestination(
            window.key(),
            window.start(),
            sum.flights(),
            sum.minutes(),
            sum.late(),
            (double) sum.minutes() / sum.flights(),
            (double) sum.late() / sum.flights()));
  }

  /** Reads {@code stream}, whatever its partition key is. */
  static FunctionSpec<Flight, DayOfDestination> spec(
      StreamSource stream, Destination<DayOfDestination> to, Destination<Flight> tooLate) {
    return FunctionSpec.named("flight-delays-by-destination")
        .<Flight>reading(
            Input.of(stream, Json.of(Flight.class))
                .timedBy(Flight::departed)
                .endedBy(Flight::endsInput))
        .windowedBy(
            Keys.across(Flight::destination, "flights-by-destination"),
            Windows.daily(ZoneOffset.UTC).waiting(DelayWindows.WAIT).lateTo(DelayWindows.TOO_LATE),
            Json.of(NumberedSum.class))
        .sendingSide(DelayWindows.TOO_LATE, tooLate)
        .handledBy(DestinationWindows::new, to);
  }
}
