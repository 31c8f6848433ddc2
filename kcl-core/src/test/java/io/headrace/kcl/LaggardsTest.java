package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A function that is left behind by another one of its shard, and what is told of it. */
class LaggardsTest {
  private final EngineHarness engine = new EngineHarness(5, 1);

  @Test
  void that_a_function_is_left_behind_and_has_caught_up_is_told_in_turn() {
    stick("slow");
    var worker = engine.worker("w1", "fast", "slow");
    put(20);
    // It joins again as long as it holds all that the others are ahead.
    assertThat(told("slow")).hasSizeBetween(1, 5).endsWith("left behind");
    assertThat(readsBehind(worker, "slow")).isTrue();
    assertThat(readsBehind(worker, "fast")).isFalse();
    int before = told("slow").size();
    put(20);
    assertThat(told("slow")).as("not again while it is so").hasSize(before);

    goOn("slow");
    assertThat(told("slow")).hasSize(before + 1).endsWith("caught up");
    assertThat(readsBehind(worker, "slow")).isFalse();
    assertThat(told("fast")).isEmpty();
    assertInTurn("slow");
  }

  @Test
  void of_two_that_are_left_behind_none_has_caught_up_when_they_have_met_each_other() {
    stick("slow");
    stick("slower");
    var worker = engine.worker("w1", "fast", "slow", "slower");
    put(20);
    assertThat(readsBehind(worker, "slow")).isTrue();
    assertThat(readsBehind(worker, "slower")).isTrue();

    goOn("slow");
    assertThat(readsBehind(worker, "slow")).isFalse();
    assertThat(readsBehind(worker, "slower")).isTrue();
    goOn("slower");
    assertThat(readsBehind(worker, "slower")).isFalse();
    assertInTurn("slow");
    assertInTurn("slower");
    assertThat(told("fast")).isEmpty();
  }

  private void goOn(String function) {
    engine.function(function).stuckKeys.clear();
    engine.function(function).open.forEach(FoldingHandlers.FoldingHandler::resume);
    engine.seconds(20);
    put(3);
  }

  private void assertInTurn(String function) {
    var told = told(function);
    for (int i = 0; i < told.size(); i++) {
      assertThat(told.get(i)).as("%s", told).isEqualTo(i % 2 == 0 ? "left behind" : "caught up");
    }
  }

  private List<String> told(String function) {
    var told = new ArrayList<String>();
    for (var event : engine.events) {
      if (event instanceof WorkerEvent.LeftBehind left && left.function().equals(function)) {
        told.add("left behind");
      } else if (event instanceof WorkerEvent.CaughtUp up && up.function().equals(function)) {
        told.add("caught up");
      }
    }
    return told;
  }

  /** It finishes nothing. */
  private void stick(String function) {
    for (int key = 0; key < 6; key++) {
      engine.function(function).stuckKeys.add("key-" + key);
    }
  }

  private void put(int times) {
    for (int i = 0; i < times; i++) {
      engine.put(60, 6);
      engine.seconds(1);
    }
  }

  private boolean readsBehind(Worker worker, String function) {
    return engine.status(worker).shards().stream()
        .flatMap(shard -> shard.functions().stream())
        .filter(each -> each.function().equals(function))
        .anyMatch(WorkerStatus.FunctionStatus::readsBehind);
  }
}
