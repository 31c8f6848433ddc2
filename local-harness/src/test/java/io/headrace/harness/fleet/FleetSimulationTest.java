package io.headrace.harness.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.kcl.StreamSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The same seeds in each build; others are explored by {@code ./headrace simulate --from N}. A
 * failure names its seed.
 */
class FleetSimulationTest {
  private static final int SEEDS = 120;
  private static final int PLANTED_SEEDS_MAX = 60;

  @Test
  void a_fleet_keeps_every_promise_whatever_happens_to_it() throws InterruptedException {
    var report = FleetSimulation.ofProbes().seeds(1, SEEDS).onThreads(2).run();

    assertThat(report.failures()).isEmpty();
    assertThat(report.seeds()).isEqualTo(SEEDS);
    assertThat(report.repeated()).isEqualTo(SEEDS / 10);
    assertThat(report.disturbances()).hasSize(Disturbance.values().length);
    assertThat(report.mishaps()).hasSize(Weather.Mishap.values().length);
    assertThat(report.redeliveries()).isPositive();
    assertThat(report.parked()).isPositive();
    assertThat(report.transitionsVisited()).isGreaterThan(0.75);
  }

  @Test
  void the_same_seed_takes_the_same_course_and_another_another() {
    var once = FleetCourse.run(5, new ProbeWorkload(), Plant.NONE);
    var again = FleetCourse.run(5, new ProbeWorkload(), Plant.NONE);
    var other = FleetCourse.run(6, new ProbeWorkload(), Plant.NONE);

    assertThat(again.hash()).isEqualTo(once.hash());
    assertThat(other.hash()).isNotEqualTo(once.hash());
  }

  /** Those that show themselves soon; all are hunted by {@code ./headrace simulate --planted}. */
  @ParameterizedTest
  @EnumSource(
      names = {
        "CLAIM_UNCONDITIONAL",
        "HEARTBEAT_UNCONDITIONAL",
        "CLAIMS_WITHOUT_BURIAL",
        "OUTPUT_NOT_DURABLE",
        "COMMIT_TOKEN_UNCHECKED",
        "COMMIT_REVISION_UNCHECKED",
        "COMMIT_PASSES_HOLES",
        "COMMIT_WITHOUT_STATE",
        "COMMIT_FORGETS_PARKED",
        "END_TELLS_ONE_CHILD",
        "CHILDREN_BEGIN_AT_LATEST",
        "LETTER_NOT_DURABLE",
        "CURSOR_ENDS_WHEN_CLOSED",
        "VALID_FROM_THE_REPLY",
        "BURIAL_UNCONDITIONAL",
        "ORDERS_NOT_NOTICED",
        "MOVE_OVERTAKEN",
        "STATE_READ_TOO_OLD",
        "MERGE_TAKES_ONE_STATE",
        "EVENT_TIME_WORKED_OUT_ANEW",
        "NEW_NAME_BEGINS_ANEW",
        "END_FORGETS_PARKED",
        "END_FORGETS_OUTBOX",
        "OUTPUTS_BEFORE_COMMIT",
        "REFUSED_COMMIT_LETS_OUTPUTS_GO",
        "UNANSWERED_COMMITS_FREE_CHUNKS",
        "TIMER_OUTPUTS_NAMED_BY_PROCESS",
        "WINDOW_OUTPUTS_NAMED_BY_PROCESS",
        "DUPLICATES_COUNT",
        "PLACES_OF_OTHER_SHARDS",
        "PUTS_NOT_AWAITED",
        "MARKS_OVERTAKE",
        "LATE_BY_WHAT_LIES_BEHIND",
        "TIME_OF_THE_FURTHEST",
        "ROSTER_WITHOUT_PARENTS",
        "CARRIED_READ_AS_NONE",
        "MERGE_TAKES_WHAT_ONE_SAW"
      })
  void a_mistake_that_is_built_in_is_noticed(PlantedFault fault) {
    Verdicts.Violation noticed = null;
    for (long seed = 1; seed <= PLANTED_SEEDS_MAX && noticed == null; seed++) {
      noticed = fault.course(seed, new ProbeWorkload()).violation();
    }
    assertThat(noticed).as(fault.what()).isNotNull();
  }

  @Test
  void timers_and_windows_take_the_same_course_for_the_same_seed() {
    var once = FleetCourse.run(3, new TimedWorkload(), Plant.NONE);
    var again = FleetCourse.run(3, new TimedWorkload(), Plant.NONE);

    assertThat(once.violation()).isNull();
    assertThat(again.hash()).isEqualTo(once.hash());
  }

  @Test
  void keys_across_shards_take_the_same_course_for_the_same_seed() {
    var once = FleetCourse.run(10, new AcrossWorkload(), Plant.NONE);
    var again = FleetCourse.run(10, new AcrossWorkload(), Plant.NONE);

    assertThat(once.violation()).isNull();
    assertThat(again.hash()).isEqualTo(once.hash());
  }

  @Test
  void a_failure_tells_the_last_events_and_how_to_see_it_again() {
    var result = FleetCourse.run(1, new ProbeWorkload(), PlantedFault.COMMIT_WITHOUT_STATE.plant());

    var failure = SimulationReport.Failure.of(result, result.violation());
    assertThat(failure.lastEvents()).hasSizeBetween(20, Trace.KEPT_MAX);
    assertThat(failure.lastEvents().get(failure.lastEvents().size() - 1)).contains("judge");
    assertThat(failure.toString())
        .contains("seed 1: STATE_IS_EXACT")
        .contains("./headrace simulate --seed 1");
  }

  @Test
  void a_users_own_function_is_run_in_the_same_way() throws InterruptedException {
    var handled = new AtomicLong();
    var spec =
        FunctionSpec.named("sums")
            .reading(Input.of(StreamSource.kinesis("amounts"), new Text()))
            .keyedBy(Keys.<String>partitionKey(), new Text())
            .handledBy(() -> new Joined(handled), Destination.<String>nowhere());

    var report = FleetSimulation.of(spec, random -> "" + random.nextInt(10)).seeds(1, 20).run();

    assertThat(report.failures()).isEmpty();
    assertThat(report.puts()).isGreaterThan(1_000);
    assertThat(handled).hasValueGreaterThan(report.puts());
  }

  @Test
  void a_function_of_several_streams_is_refused_by_name() {
    var spec =
        FunctionSpec.named("both")
            .reading(
                Input.of(StreamSource.kinesis("a"), new Text()),
                Input.of(StreamSource.kinesis("b"), new Text()))
            .handledBy(() -> (event, out) -> {}, Destination.<String>nowhere());

    assertThatThrownBy(() -> FleetSimulation.of(spec, random -> "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("function both reads 2 streams");
  }

  @Test
  void every_mistake_has_a_name_and_a_sentence() {
    assertThat(List.of(PlantedFault.values()))
        .hasSizeGreaterThanOrEqualTo(50)
        .allSatisfy(fault -> assertThat(fault.what()).isNotBlank())
        .extracting(PlantedFault::id)
        .doesNotHaveDuplicates();
  }

  private record Joined(AtomicLong handled) implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      handled.incrementAndGet();
      return Next.state(state + event.value());
    }
  }
}
