package io.headrace.harness.fleet;

import io.headrace.kcl.loop.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * What happened in one simulated course: a hash of everything, which is the same for the same seed,
 * and the last events in words, for whoever has to understand a failure. On the loop's thread only.
 */
final class Trace {
  /** How many events a failure tells. */
  static final int KEPT_MAX = 200;

  private static final long PRIME = 0x100000001b3L;

  private final EventLoop loop;
  private final Deque<Told> last = new ArrayDeque<>();
  private long hash = 0xcbf29ce484222325L;
  private long events;

  private record Told(long ticks, String who, String what) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%11.4f  %-8s %s", ticks / 1e9, who, what);
    }
  }

  Trace(EventLoop loop) {
    this.loop = loop;
  }

  void tell(String who, String what) {
    long ticks = loop.ticks();
    mix(ticks);
    mix(who.hashCode());
    mix(what.hashCode());
    events++;
    last.addLast(new Told(ticks, who, what));
    if (last.size() > KEPT_MAX) {
      last.removeFirst();
    }
  }

  /** Takes a number into the hash that is no event of its own. */
  void mix(long number) {
    hash = (hash ^ number) * PRIME;
    hash ^= hash >>> 32;
  }

  long hash() {
    return hash;
  }

  long events() {
    return events;
  }

  /** Seconds since the course began, who, and what, in order. */
  List<String> lastEvents() {
    var lines = new ArrayList<String>(last.size());
    last.forEach(told -> lines.add(told.toString()));
    return lines;
  }
}
