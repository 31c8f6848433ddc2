package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The versions of a broadcast that were read so far. Immutable, so that any thread may ask while
 * the worker loop reads on.
 *
 * @param places in the order of precedence, the least first
 * @param bytes of all as they lie in the stream
 */
record KnownVersions<R>(List<Place<R>> places, long bytes) {
  /** Where a version lies. */
  record Place<R>(Version<R> version, ShardId shard, Position position) {}

  private static final Comparator<Place<?>> PRECEDENCE =
      Comparator.<Place<?>, Instant>comparing(place -> place.version().from())
          .thenComparing(place -> place.version().arrivedAt())
          .thenComparing(place -> place.shard().value())
          .thenComparing(Place::position);

  KnownVersions {
    places = List.copyOf(places);
  }

  static <R> KnownVersions<R> none() {
    return new KnownVersions<>(List.of(), 0);
  }

  int size() {
    return places.size();
  }

  /** With one more; the same where it is known already. */
  KnownVersions<R> with(Place<R> place, int size) {
    int index = Collections.binarySearch(places, place, PRECEDENCE);
    if (index >= 0) {
      return this;
    }
    var more = new ArrayList<>(places);
    more.add(-index - 1, place);
    return new KnownVersions<>(more, bytes + size);
  }

  /** Mostly the last one that there is: what is asked about is mostly of now. */
  Optional<Version<R>> inForce(Instant time, Instant arrivedAt, Duration settling) {
    for (int i = places.size() - 1; i >= 0; i--) {
      var version = places.get(i).version();
      if (!version.from().isAfter(time) && !version.arrivedAt().plus(settling).isAfter(arrivedAt)) {
        return Optional.of(version);
      }
    }
    return Optional.empty();
  }
}
