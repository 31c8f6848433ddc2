package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ShardHandler.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Outages and broken deployments while keys are parked. */
class ParkedOutageTest {
  private static final int PARKED = 40;

  private final Set<String> broken = new HashSet<>();
  private final List<String> handled = new ArrayList<>();
  private final CountingChunks chunks = new CountingChunks();
  private boolean allBroken;
  private boolean down;

  @Test
  void a_restart_with_many_parked_keys_is_no_broken_deployment() {
    var rig = rig(policy().pausingAbove(0.5, 20));
    park(rig);
    rig.commit();
    rig.advance(1_000);
    rig.crash();
    rig.put("well", "1");
    rig.advance(2_000);

    assertThat(rig.outage()).as("they were known to fail").isEmpty();
    assertThat(handled).contains("well1");
  }

  @Test
  void a_probe_is_a_record_that_has_not_failed_by_itself() {
    var rig = rig(policy().pausingAbove(0.5, 20));
    park(rig);
    allBroken = true;
    for (int i = 0; i < 30; i++) {
      rig.put("new" + i, "1");
    }
    rig.advance(200_000);
    assertThat(rig.outage()).isPresent();
    allBroken = false;
    // Parked keys have long been in line, each of which would fail a probe.
    rig.put("fresh", "1");
    rig.advance(25_000);

    assertThat(rig.outage()).isEmpty();
    assertThat(handled).contains("fresh1").hasSizeGreaterThanOrEqualTo(30);
  }

  @Test
  void an_outage_counts_no_attempts_of_parked_records_and_a_restart_amid_it_loses_nothing() {
    var rig = rig(policy());
    broken.add("a");
    for (int i = 1; i <= 20; i++) {
      rig.put("a", i + " ");
    }
    rig.advance(12_000);
    down = true;
    broken.clear();
    rig.put("b", "1 ");
    rig.advance(30_000);
    assertThat(rig.outage()).isPresent();
    for (int i = 21; i <= 40; i++) {
      rig.put("a", i + " ");
      rig.advance(100);
    }
    rig.commit();
    rig.advance(1_000);
    rig.crash();
    rig.advance(30_000);
    assertThat(rig.outage()).as("it is found again").isPresent();
    down = false;
    rig.advance(60_000);

    assertThat(rig.letters).isEmpty();
    assertThat(handled.stream().filter(each -> each.startsWith("a")))
        .isEqualTo(numbers("a", 1, 40));
    assertThat(rig.settled.values()).contains(Outcome.PARKED);
    assertThat(handled).contains("b1 ");
  }

  @Test
  void keys_that_fail_slowly_take_a_quarter_of_the_room_at_most() {
    var lanes = new KeyLanes<String>(8, task -> task.startsWith("parked"));
    for (int i = 0; i < 20; i++) {
      lanes.add("p" + i, "parked" + i);
      lanes.add("w" + i, "well" + i);
    }
    var begun = new ArrayList<String>();
    for (var lane = lanes.start(); lane != null; lane = lanes.start()) {
      begun.add(lane.first());
    }

    assertThat(begun).hasSize(8);
    assertThat(begun.stream().filter(task -> task.startsWith("parked"))).hasSize(2);
  }

  private void park(Rig rig) {
    for (int i = 0; i < PARKED; i++) {
      broken.add("k" + i);
      // So few at a time do not pause the function.
      for (int well = 0; well < 3; well++) {
        rig.put("w" + i + "." + well, "");
      }
      rig.put("k" + i, "1");
      rig.advance(100);
    }
    rig.advance(15_000);
    assertThat(rig.events(FunctionEvent.KeyParked.class)).hasSize(PARKED);
    assertThat(rig.outage()).isEmpty();
    handled.clear();
  }

  private static RetryPolicy policy() {
    return RetryPolicy.forever().backingOff(Duration.ofMillis(200), Duration.ofSeconds(8));
  }

  private Rig rig(RetryPolicy policy) {
    var rig =
        new Rig(
            1,
            Rig.reading()
                .retrying(policy)
                .handledBy(() -> this::handle, Destination.<String>nowhere()));
    rig.chunks = chunks;
    return rig.start().restore();
  }

  private void handle(Event<String> event, Output<String> out) {
    if (down) {
      throw new Unavailable("billing", Duration.ZERO, null);
    }
    if (allBroken || broken.contains(event.partitionKey())) {
      throw new IllegalStateException("broken");
    }
    handled.add(event.partitionKey() + event.value());
  }

  private static List<String> numbers(String key, int first, int last) {
    var numbers = new ArrayList<String>();
    for (int i = first; i <= last; i++) {
      numbers.add(key + i + " ");
    }
    return numbers;
  }
}
