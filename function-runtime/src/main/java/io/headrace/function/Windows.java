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
  record Span(Instant start, Instant end) {
    boolean overlaps(Span other) {
      return start.isBefore(other.end) && other.start.isBefore(end);
    }

    /** From where the first of both begins to where the last of both ends. */
    Span with(Span other) {
      return new Span(
          start.isBefore(other.start) ? start : other.start,
          end.isAfter(other.end) ? end : other.end);
    }
  }

  private sealed interface Cut {
    record Fixed(Duration size, Duration every) implements Cut {}

    record Days(ZoneId zone) implements Cut {}

    record Session(Duration gap) implements Cut {}
  }

  /** How many windows one record may fall into. */
  private static final int OVERLAP_MAX = 1_000;

  /** Of waiting and of lateness, each. */
  private static final Duration LATENESS_MAX = Duration.ofDays(366);

  /** Of early tellings: oftener would be a telling for each record. */
  private static final Duration EARLY_MIN = Duration.ofMillis(100);

  private final Cut cut;
  private final Duration wait;
  private final Duration lateness;
  private final @Nullable Side<?> side;
  private final @Nullable Duration early;

  private Windows(
      Cut cut, Duration wait, Duration lateness, @Nullable Side<?> side, @Nullable Duration early) {
    this.cut = cut;
    this.wait = wait;
    this.lateness = lateness;
    this.side = side;
    this.early = early;
  }

  private static Windows cutBy(Cut cut) {
    return new Windows(cut, Duration.ZERO, Duration.ZERO, null, null);
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
    return cutBy(new Cut.Fixed(size, every));
  }

  /** Days of a time zone, of 23 to 25 hours where clocks change. */
  public static Windows daily(ZoneId zone) {
    return cutBy(new Cut.Days(Objects.requireNonNull(zone, "zone")));
  }

  /**
   * Windows of one key's activity: records of the key that lie less than the gap apart are in one
   * session, which ends the gap after its last record. A record that lies between two sessions
   * makes them one, by {@link WindowFunction#merge}, earlier sums on the left; so a session's start
   * and end are known only once it is told. One that was told and then grows, as {@link #allowing
   * lateness} lets it, is told again under its new start and end; what was told before stands.
   *
   * <p>A key that never falls silent has a session that never ends: {@link #earlyEvery} tells of it
   * meanwhile, and its sum is kept whole, so it should not grow with each record.
   *
   * @param gap of event time, from 1 ms to 366 days
   */
  public static Windows session(Duration gap) {
    if (gap.toMillis() < 1 || gap.compareTo(LATENESS_MAX) > 0) {
      throw new IllegalArgumentException(
          "sessions with a gap of " + gap + ": need 1 ms <= gap <= 366 days");
    }
    return cutBy(new Cut.Session(gap));
  }

  /**
   * Tells a window only so long after its end, for inputs whose records are out of order by as
   * much: what comes until then is on time, and the window is told once.
   *
   * @param wait at most 366 days of event time
   */
  public Windows waiting(Duration wait) {
    return new Windows(cut, checked("wait", wait), lateness, side, early);
  }

  /**
   * Keeps a window for so long after it was told. A record that comes within that is added, and the
   * window is told again at once, with its whole sum, as {@link Window.Firing#LATE} and under the
   * next revision.
   *
   * @param lateness at most 366 days of event time
   */
  public Windows allowing(Duration lateness) {
    return new Windows(cut, wait, checked("lateness", lateness), side, early);
  }

  /**
   * Tells of windows before their end, too: every so often, by the worker's clock, of each window
   * that has changed since it was told last, as {@link Window.Firing#EARLY} and with its sum so
   * far. When that is, and so with which sum, is another thing in each run: an early output has an
   * id of its own each time, does not count as a revision, and after a crash the same sum, or a
   * smaller one, may be told early again. What is told at the end does not depend on it.
   *
   * @param wall from 100 ms to 366 days of the worker's clock
   */
  public Windows earlyEvery(Duration wall) {
    if (wall.compareTo(EARLY_MIN) < 0 || wall.compareTo(LATENESS_MAX) > 0) {
      throw new IllegalArgumentException(
          "early every " + wall + ": must be between " + EARLY_MIN + " and 366 days");
    }
    return new Windows(cut, wait, lateness, side, wall);
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
    return new Windows(cut, wait, lateness, Objects.requireNonNull(side, "side"), early);
  }

  /** How time is cut, in words; not when windows are told, which may change. */
  String cut() {
    if (cut instanceof Cut.Days days) {
      return "daily " + days.zone().getId();
    }
    if (cut instanceof Cut.Session session) {
      return "session " + session.gap();
    }
    var fixed = (Cut.Fixed) cut;
    return fixed.size().equals(fixed.every())
        ? "tumbling " + fixed.size()
        : "hopping " + fixed.size() + " every " + fixed.every();
  }

  /** Whether no two windows of a key have a record in common. */
  boolean areDisjoint() {
    return cut instanceof Cut.Days
        || (cut instanceof Cut.Fixed fixed && fixed.size().equals(fixed.every()));
  }

  /** Whether windows begin and end as the records of a key have it. */
  boolean areSessions() {
    return cut instanceof Cut.Session;
  }

  /** Of sessions: the one of a single record that ends then. */
  Span aloneUntil(Instant end) {
    return new Span(end.minus(((Cut.Session) cut).gap()), end);
  }

  /** How often windows are told early; null for not at all. */
  @Nullable Duration early() {
    return early;
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
   * The windows of an event time, earliest first; never empty. Of sessions, the one that the record
   * would be alone in.
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
    long at = time.toEpochMilli();
    if (cut instanceof Cut.Session session) {
      long unused = Math.addExact(at, session.gap().toMillis() + 1);
      return List.of(new Span(time, time.plus(session.gap())));
    }
    var fixed = (Cut.Fixed) cut;
    long every = fixed.every().toMillis();
    long size = fixed.size().toMillis();
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
