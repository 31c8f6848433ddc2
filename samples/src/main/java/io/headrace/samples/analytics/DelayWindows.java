package io.headrace.samples.analytics;

import io.headrace.function.Codec;
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
import java.time.ZoneOffset;

/** Sums up delays by origin and UTC day of the departure. */
final class DelayWindows implements WindowFunction<Flight, DelaySum, DayOfOrigin> {
  /**
   * The file is in time order, and a producer keeps it in the order of each key. Between the keys
   * of a shard it may not, when it has to put some records of a request again: played at thousands
   * of flights a second, half a second of that is a week of event time.
   */
  static final Duration WAIT = Duration.ofDays(14);

  /** Flights that came when their day was closed: none, unless something is wrong. */
  static final Side<Flight> TOO_LATE = Side.named("too-late", Flight.class);

  @Override
  public DelaySum empty() {
    return DelaySum.EMPTY;
  }

  @Override
  public DelaySum add(DelaySum sum, Event<Flight> event) {
    return sum.plus(event.value());
  }

  @Override
  public DelaySum merge(DelaySum left, DelaySum right) {
    return left.plus(right);
  }

  @Override
  public void close(Window window, DelaySum sum, Output<DayOfOrigin> out) {
    out.send(
        new DayOfOrigin(
            window.key(),
            window.start(),
            sum.flights(),
            sum.minutes(),
            sum.late(),
            (double) sum.minutes() / sum.flights(),
            (double) sum.late() / sum.flights()));
  }

  /** Reads {@code stream}, whose partition key is the origin. */
  static FunctionSpec<Flight, DayOfOrigin> spec(
      StreamSource stream, Destination<DayOfOrigin> to, Destination<Flight> tooLate) {
    return spec(stream, to, tooLate, Json.of(DelaySum.class));
  }

  /** The same, whose sums are stored by a codec of the caller's. */
  static FunctionSpec<Flight, DayOfOrigin> spec(
      StreamSource stream,
      Destination<DayOfOrigin> to,
      Destination<Flight> tooLate,
      Codec<DelaySum> sums) {
    return FunctionSpec.named("flight-delays")
        .<Flight>reading(
            Input.of(stream, Json.of(Flight.class))
                .timedBy(Flight::departed)
                .endedBy(Flight::endsInput))
        .windowedBy(
            Keys.partitionKey(), Windows.daily(ZoneOffset.UTC).waiting(WAIT).lateTo(TOO_LATE), sums)
        .sendingSide(TOO_LATE, tooLate)
        .handledBy(DelayWindows::new, to);
  }
}
