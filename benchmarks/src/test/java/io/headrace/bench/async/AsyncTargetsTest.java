package io.headrace.bench.async;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Target;
import org.junit.jupiter.api.Test;

class AsyncTargetsTest {
  private final Results results = new Results();

  private void add(Way way, Figures figures) {
    results.add(1, way.label(), null, figures);
  }

  private static Figures good() {
    return new Figures()
        .put(AsyncTargets.HANDLED, 1)
        .put(AsyncTargets.FUNCTION_THREADS, 4)
        .put("lag.p99_ms", 90)
        .put(AsyncTargets.AGE, 120);
  }

  @Test
  void an_async_function_that_handles_all_soon_on_few_threads_meets_them() {
    add(Way.ASYNC, good());
    assertThat(AsyncTargets.of(results)).hasSize(4).allMatch(Target::met);
  }

  @Test
  void one_record_that_was_not_handled_is_a_miss() {
    add(Way.ASYNC, good().put(AsyncTargets.HANDLED, 0.99999));
    assertThat(AsyncTargets.of(results))
        .filteredOn(target -> !target.met())
        .singleElement()
        .extracting(Target::name)
        .isEqualTo("records handled over records put, at least");
  }

  @Test
  void threads_of_both_are_told_as_a_ratio() {
    add(Way.ASYNC, good().put(AsyncTargets.THREADS, 40));
    add(Way.THREADS, new Figures().put(AsyncTargets.THREADS, 160));
    assertThat(AsyncTargets.ratios(results).byName())
        .hasSize(1)
        .hasEntrySatisfying(
            "threads, async over blocking, threads",
            ratio -> assertThat(ratio.median()).isEqualTo(0.25));
    assertThat(AsyncTargets.of(new Results())).noneMatch(Target::met);
  }

  @Test
  void virtual_threads_are_measured_where_the_jdk_has_them() {
    assertThat(Way.VIRTUAL.isAvailable()).isEqualTo(Runtime.version().feature() >= 21);
    assertThat(Way.ASYNC.isAvailable()).isTrue();
  }
}
