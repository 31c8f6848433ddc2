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

/** Sums up delays by airport and UTC day of the departure. */
final class DelayWindows<S extends DelayTotals<S>>
    implements WindowFunction<Flight, S, DelaysOfDay> {
  /**
   * The file is in time order, and a producer keeps it in the order of each key. Between the keys
   * of a shard it may not, when it has to put some records of a request again: played at thousands
   * of flights a second, half a second of that is a week of event time.
   */
  static final Duration WAIT = Duration.ofDays(14);

  /** Flights that came when their day was closed: none, unless something is wrong. */
  static final Side<Flight> TOO_LATE = Side.named("too-late", Flight.class);

  private final S empty;

  private DelayWindows(S empty) {
    this.empty = empty;
  }

  @Override
  public S empty() {
    return empty;
  }

  @Override
  public S add(S sum, Event<Flight> event) {
    return sum.plus(event.value());
  }

  @Override
  public S merge(S left, S right) {
    return left.plus(right);
  }

  @Override
  public void close(Window window, S sum, Output<DelaysOfDay> out) {
    out.send(
        new DelaysOfDay(
            window.key(),
            window.start(),
            sum.flights(),
            sum.minutes(),
            sum.late(),
            (double) sum.minutes() / sum.flights(),
            (double) sum.late() / sum.flights()));
  }

  /** Reads {@code stream}, whose partition key is the origin: a day's flights lie in one shard. */
  static FunctionSpec<Flight, DelaysOfDay> byOrigin(
      StreamSource stream, Destination<DelaysOfDay> to, Destination<Flight> tooLate) {
    return byOrigin(stream, to, tooLate, Json.of(DelaySum.class));
  }

  /** The same, whose sums are stored by a codec of the caller's. */
  static FunctionSpec<Flight, DelaysOfDay> byOrigin(
      StreamSource stream,
      Destination<DelaysOfDay> to,
      Destination<Flight> tooLate,
      Codec<DelaySum> sums) {
    return spec("flight-delays", stream, Keys.partitionKey(), DelaySum.EMPTY, sums, to, tooLate);
  }

  /**
   * Reads {@code stream}, whatever its partition key is: flights to one airport lie in all shards,
   * and come together through a stream.
   */
  static FunctionSpec<Flight, DelaysOfDay> byDestination(
      StreamSource stream, Destination<DelaysOfDay> to, Destination<Flight> tooLate) {
    return spec(
        "flight-delays-by-destination",
        stream,
        Keys.across(Flight::destination, "flights-by-destination"),
        NumberedSum.EMPTY,
        Json.of(NumberedSum.class),
        to,
        tooLate);
  }

  private static <S extends DelayTotals<S>> FunctionSpec<Flight, DelaysOfDay> spec(
      String name,
      StreamSource stream,
      Keys<Flight> keys,
      S empty,
      Codec<S> sums,
      Destination<DelaysOfDay> to,
      Destination<Flight> tooLate) {
    return FunctionSpec.named(name)
        .<Flight>reading(
            Input.of(stream, Json.of(Flight.class))
                .timedBy(Flight::departed)
                .endedBy(Flight::endsInput))
        .windowedBy(keys, Windows.daily(ZoneOffset.UTC).waiting(WAIT).lateTo(TOO_LATE), sums)
        .sendingSide(TOO_LATE, tooLate)
        .handledBy(() -> new DelayWindows<>(empty), to);
  }
}
