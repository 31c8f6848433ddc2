package io.headrace.harness.fleet;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** What the network does at present to the requests of one process. On the world's loop only. */
final class Weather {
  /** Whom a process talks to. */
  enum Service {
    LEASES,
    PROGRESS,
    CHUNKS,
    STREAM
  }

  /** What becomes of a request, other than being answered soon. */
  enum Mishap {
    /** It never arrives. */
    LOST,
    /** It is carried out; its answer is lost. */
    ANSWER_LOST,
    /** The caller gives up, and it is carried out some time, perhaps long, after it was sent. */
    LATE,
    /** It is answered, and a copy of it is carried out once more later. */
    TWICE,
    /** It is refused for the time being, and not carried out. */
    THROTTLED,
    /** It is answered from a copy of the data that has not caught up. */
    STALE,
    /** The service is down and says so. */
    DOWN,
    /** Nothing comes through, in either direction. */
    CUT
  }

  private final Map<Mishap, Integer> percents = new EnumMap<>(Mishap.class);
  private final Set<Service> down = EnumSet.noneOf(Service.class);
  private final Set<Service> cut = EnumSet.noneOf(Service.class);
  private final Map<Service, Slowness> slow = new EnumMap<>(Service.class);

  /** What requests to a service, and its answers, take on top at most. */
  record Slowness(int outMillis, int backMillis) {
    static final Slowness NONE = new Slowness(0, 0);
  }

  /** Each request meets the mishap with this chance. */
  void percent(Mishap mishap, int percent) {
    percents.put(mishap, percent);
  }

  int percent(Mishap mishap) {
    return percents.getOrDefault(mishap, 0);
  }

  void down(Service service, boolean now) {
    set(down, service, now);
  }

  boolean isDown(Service service) {
    return down.contains(service);
  }

  void cut(Service service, boolean now) {
    set(cut, service, now);
  }

  boolean isCut(Service service) {
    return cut.contains(service);
  }

  /** What requests and answers take on top, at most, whatever the service. */
  void slowBy(int outMillis, int backMillis) {
    for (var service : Service.values()) {
      slowBy(service, outMillis, backMillis);
    }
  }

  void slowBy(Service service, int outMillis, int backMillis) {
    slow.put(service, new Slowness(outMillis, backMillis));
  }

  Slowness slowness(Service service) {
    return slow.getOrDefault(service, Slowness.NONE);
  }

  /** Everything works. */
  void clear() {
    percents.clear();
    down.clear();
    cut.clear();
    slow.clear();
  }

  private static void set(Set<Service> services, Service service, boolean now) {
    if (now) {
      services.add(service);
    } else {
      services.remove(service);
    }
  }
}
