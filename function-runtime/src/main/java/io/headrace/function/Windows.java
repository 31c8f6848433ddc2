package io.headrace.function;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How event time is cut into windows. A window is told when the watermark of its shard (the latest
 * event time seen there) has passed its end and what the windows wait ({@link #waiting}); then it
 * is forgotten, unless lateness is allowed ({@link #allowing}). Immutable.
 */
public final class Windows {
  /** Start and end of a window. */
  record Span(Instant start, Instant end) {}

  private sealed interface Cut {
    record Fixed(Duration size, Duration every) implements Cut {}

    record Days(ZoneId zone) implements Cut {}
  }

  /** How many windows one record may fall into. */
  private static final int OVERLAP_MAX = 1_000;

  /** Of waiting and of lateness, each. */
  private static final Duration LATENESS_MAX = Duration.ofDays(366);

  private final Cut cut;
  private final Duration wait;
  private final Duration lateness;
  private final @Nullable Side<?> side;

  private Windows(Cut cut, Duration wait, Duration lateness, @Nullable Side<?> side) {
    this.cut = cut;
    this.wait = wait;
    this.lateness = lateness;
    this.side = side;
  }

  /** Windows of one size, end to end, aligned to the epoch. */
  public static Windows tumbling(Duration size) {
    return hopping(size, size);
  }

  /** Windows of one size that begin every so often, aligned to the epoch. */
  public static Windows hopping(Duration size, Duration every) {
    if (every.toMillis() < 1 || size.compareTo(every) < 0) {
      throw new IllegalArgumentException(
          "windows of " + size + " every " + every + ": need 1 ms <= every <= size");
    }
    if (!every.equals(Duration.ofMillis(every.toMillis()))
        || !size.equals(Duration.ofMillis(size.toMillis()))) {
      throw new IllegalArgumentException(
          "windows of " + size + " every " + every + ": must be whole milliseconds");
    }
    if (size.toMillis() / every.toMillis() >= OVERLAP_MAX) {
      throw new IllegalArgumentException(
          "windows of " + size + " every " + every + ": a record may fall into " + OVERLAP_MAX);
    }
    return new Windows(new Cut.Fixed(size, every), Duration.ZERO, Duration.ZERO, null);
  }

  /** Days of a time zone, of 23 to 25 hours where clocks change. */
  public static Windows daily(ZoneId zone) {
    return new Windows(
        new Cut.Days(Objects.requireNonNull(zone, "zone")), Duration.ZERO, Duration.ZERO, null);
  }

  /**
   * Tells a window only so long after its end, for inputs whose records are out of order by as
   * much: what comes until then is on time, and the window is told once.
   *
   * @param wait at most 366 days of event time
   */
  public Windows waiting(Duration wait) {
    return new Windows(cut, checked("wait", wait), lateness, side);
  }

  /**
   * Keeps a window for so long after it was told. A record that comes within that is added, and the
   * window is told again at once, with its whole sum, as {@link Window.Firing#LATE} and under the
   * next revision.
   *
   * @param lateness at most 366 days of event time
   */
  public Windows allowing(Duration lateness) {
    return new Windows(cut, wait, checked("lateness", lateness), side);
  }

  private static Duration checked(String what, Duration given) {
    if (given.isNegative() || given.compareTo(LATENESS_MAX) > 0) {
      throw new IllegalArgumentException(
          what + " " + given + ": must be between 0 and " + LATENESS_MAX.toDays() + " days");
    }
    return given;
  }

  /**
   * Where records go that come after all their windows were forgotten: a side of the input's type
   * with a destination. Without it they are counted ({@link FunctionEvent.LateDropped}).
   */
  public Windows lateTo(Side<?> side) {
    return new Windows(cut, wait, lateness, Objects.requireNonNull(side, "side"));
  }

  @Nullable Side<?> side() {
    return side;
  }

  /** Whether a window that ends then is told by this watermark. */
  boolean isDue(Instant end, Instant watermark) {
    return !watermark.isBefore(end.plus(wait));
  }

  /** Whether a window that ends then takes no more records at this watermark. */
  boolean isClosed(Instant end, Instant watermark) {
    return !watermark.isBefore(end.plus(wait).plus(lateness));
  }

  /**
   * The windows of an event time, earliest first; never empty.
   *
   * @throws ArithmeticException when the time lies beyond milliseconds
   * @throws java.time.DateTimeException when it lies beyond the calendar
   */
  List<Span> of(Instant time) {
    if (cut instanceof Cut.Days days) {
      var day = time.atZone(days.zone()).toLocalDate();
      return List.of(
          new Span(
              day.atStartOfDay(days.zone()).toInstant(),
              day.plusDays(1).atStartOfDay(days.zone()).toInstant()));
    }
    var fixed = (Cut.Fixed) cut;
    long every = fixed.every().toMillis();
    long size = fixed.size().toMillis();
    long at = time.toEpochMilli();
    var spans = new ArrayList<Span>();
    long last = Math.floorDiv(at, every) * every;
    long before = Math.subtractExact(at, size);
    for (long start = last; start > before; start -= every) {
      long end = Math.addExact(start, size);
      spans.add(0, new Span(Instant.ofEpochMilli(start), Instant.ofEpochMilli(end)));
    }
    return spans;
  }
}
