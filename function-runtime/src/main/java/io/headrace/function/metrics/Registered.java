package io.headrace.function.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The meters of one worker in a registry, so that they can be taken out again. Thread-safe. */
final class Registered {
  /** Shown in the unit of time that the registry has. */
  private static final String SECONDS = "seconds";

  private static final String BYTES = "bytes";

  private final MeterRegistry registry;
  private final List<Meter> meters = new CopyOnWriteArrayList<>();

  Registered(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Adds a counter.
   *
   * @return what counts: to be added to by the worker loop
   */
  Count counter(Named named, Tags tags) {
    var before = registry.find(named.id()).meters();
    var count = new Count();
    var unused =
        kept(
            before,
            FunctionCounter.builder(named.id(), count, Count::sum)
                .tags(tags)
                .description(named.meaning())
                .baseUnit(unit(named))
                .register(registry));
    return count;
  }

  /** Adds a gauge, which any thread may ask. */
  Meter gauge(Named named, Tags tags, Supplier<Number> value) {
    var before = registry.find(named.id()).meters();
    if (named.unit().equals(SECONDS)) {
      return kept(
          before,
          TimeGauge.builder(named.id(), value, TimeUnit.SECONDS)
              .tags(tags)
              .description(named.meaning())
              .register(registry));
    }
    return kept(
        before,
        Gauge.builder(named.id(), value)
            .tags(tags)
            .description(named.meaning())
            .baseUnit(unit(named))
            .register(registry));
  }

  /**
   * A registry gives the first one's figures for a second one of the same name and tags; and that
   * of Prometheus shows no meter whose tags are called otherwise than those of another of its name.
   * Compared as they are in the registry, which may add tags of its own.
   *
   * @param before the meters of the name that were there before it
   */
  private Meter kept(Collection<Meter> before, Meter made) {
    var id = made.getId();
    for (var other : before) {
      if (other.getId().equals(id)) {
        throw refused(id, "is in this registry already");
      }
      if (!keysOf(other.getId()).equals(keysOf(id))) {
        registry.remove(made);
        throw refused(id, "is in this registry already under other tags, " + keysOf(other.getId()));
      }
    }
    meters.add(made);
    return made;
  }

  private static IllegalStateException refused(Meter.Id id, String why) {
    return new IllegalStateException(
        "meter "
            + id.getName()
            + id.getTags()
            + " "
            + why
            + ": give each worker of an application a registry, or all a tag of their own by"
            + " tagged(\"worker\", …)");
  }

  private static Set<String> keysOf(Meter.Id id) {
    return id.getTags().stream().map(Tag::getKey).collect(Collectors.toCollection(TreeSet::new));
  }

  void remove(Meter meter) {
    meters.remove(meter);
    registry.remove(meter);
  }

  void removeAll() {
    meters.forEach(registry::remove);
    meters.clear();
  }

  /** What is counted by the piece has its unit in its name already. */
  private static @Nullable String unit(Named named) {
    return named.unit().equals(BYTES) ? BYTES : null;
  }
}
