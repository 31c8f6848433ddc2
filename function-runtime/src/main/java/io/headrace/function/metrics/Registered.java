package io.headrace.function.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The meters of one worker in a registry, so that they can be taken out again. Thread-safe. */
final class Registered {
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
    refuseSecond(named, tags);
    var count = new Count();
    meters.add(
        FunctionCounter.builder(named.id(), count, Count::sum)
            .tags(tags)
            .description(named.meaning())
            .baseUnit(unit(named))
            .register(registry));
    return count;
  }

  Meter gauge(Named named, Tags tags, Supplier<Number> value) {
    refuseSecond(named, tags);
    var gauge =
        Gauge.builder(named.id(), value)
            .tags(tags)
            .description(named.meaning())
            .baseUnit(unit(named))
            .register(registry);
    meters.add(gauge);
    return gauge;
  }

  void remove(Meter meter) {
    meters.remove(meter);
    registry.remove(meter);
  }

  void removeAll() {
    meters.forEach(registry::remove);
    meters.clear();
  }

  /** A registry would give the first one's figures for the second one, too. */
  private void refuseSecond(Named named, Tags tags) {
    if (registry.find(named.id()).tags(tags).meter() != null) {
      throw new IllegalStateException(
          "meter "
              + named.id()
              + tags
              + " is in this registry already: give each worker of an application a registry, or a"
              + " tag of its own by tagged(\"worker\", …)");
    }
  }

  /** What is counted by the piece has its unit in its name already. */
  private static @Nullable String unit(Named named) {
    return named.unit().equals("seconds") || named.unit().equals("bytes") ? named.unit() : null;
  }
}
