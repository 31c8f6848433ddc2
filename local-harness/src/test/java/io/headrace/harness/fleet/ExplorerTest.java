package io.headrace.harness.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Within small bounds; {@code ./headrace simulate --exhaustive} goes further. */
class ExplorerTest {
  private static ExplorationReport explored(Protocol protocol, Plant plant, int depth) {
    return new Explorer(protocol, plant, depth, 1).run(() -> false);
  }

  @ParameterizedTest
  @CsvSource({"BURIAL, 6", "HAND_OVER, 7", "TAKE_BACK, 6", "MERGE_END, 7"})
  void no_order_of_messages_breaks_a_promise(Protocol protocol, int depth) {
    var report = explored(protocol, Plant.NONE, depth);

    assertThat(report.failure()).isNull();
    assertThat(report.complete()).isTrue();
    assertThat(report.depth()).isEqualTo(depth);
    assertThat(report.states()).isGreaterThan(100);
  }

  @ParameterizedTest
  @CsvSource({
    "BURIAL, 20, CLAIMS_WITHOUT_BURIAL",
    "HAND_OVER, 20, NAMED_BEFORE_DRAINED",
    "MERGE_END, 20, CHILD_WAITS_FOR_ONE_PARENT"
  })
  void a_mistake_that_is_built_in_is_found(Protocol protocol, int depth, PlantedFault fault) {
    assertThat(explored(protocol, fault.plant(), depth).failure()).isNotNull();
  }

  /** The acknowledgement has to wait on its way until the lease was taken back, and then come. */
  @Test
  void what_a_good_day_hides_is_found_by_the_order_that_shows_it() {
    var report =
        explored(Protocol.TAKE_BACK, PlantedFault.ACKNOWLEDGEMENT_UNCONDITIONAL.plant(), 18);

    var failure = report.failure();
    assertThat(failure).isNotNull();
    assertThat(failure.promise()).isEqualTo("ONE_OWNER_PER_EPOCH");
    assertThat(report.executions()).isGreaterThan(1);
  }

  @Test
  void the_same_bounds_give_the_same_runs() {
    assertThat(explored(Protocol.MERGE_END, Plant.NONE, 5))
        .isEqualTo(explored(Protocol.MERGE_END, Plant.NONE, 5));
  }
}
