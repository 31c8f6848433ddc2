package io.headrace.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.function.TerminalFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with records, and until when. */
class FateTest {
  private static final long SEED = 11;

  @Test
  void a_record_says_its_fate_and_the_same_one_each_time() throws IOException {
    for (int number = 0; number < 100; number++) {
      String record = Fate.record("key-3", number, SEED);
      assertThat(record).isEqualTo(Fate.record("key-3", number, SEED));
      assertThat(new ObjectMapper().readTree(record).path("fate").asText())
          .isEqualTo(Fate.of("key-3", number, SEED).name());
    }
  }

  @Test
  void each_fate_comes_about_as_often_as_it_should() {
    Map<Fate, Integer> counts = new EnumMap<>(Fate.class);
    for (int key = 0; key < 200; key++) {
      for (int number = 0; number < 100; number++) {
        counts.merge(Fate.of("key-" + key, number, SEED), 1, Integer::sum);
      }
    }
    assertThat(counts.get(Fate.NOISE)).isBetween(800, 1_200);
    assertThat(counts.get(Fate.TERMINAL)).isBetween(300, 500);
    assertThat(counts.get(Fate.FAILING)).isBetween(300, 500);
    assertThat(counts.get(Fate.FLAKY)).isBetween(300, 500);
  }

  @Test
  void a_function_does_what_the_record_says_until_all_is_mended(@TempDir Path folder)
      throws IOException {
    Bug bug = new Bug(folder);
    thrown(bug, Fate.SORTING, "key-3", Fate.TERMINAL).isInstanceOf(TerminalFailure.class);
    thrown(bug, Fate.SORTING, "key-3", Fate.FAILING).isInstanceOf(IllegalStateException.class);
    thrown(bug, Fate.SORTING, "key-5", Fate.PLAIN).isNull();
    thrown(bug, Fate.STRICT, "key-3", Fate.TERMINAL).isNull();
    thrown(bug, Fate.STRICT, "key-10", Fate.TERMINAL).isInstanceOf(TerminalFailure.class);
    thrown(bug, Fate.PARKING, "key-3", Fate.TERMINAL).isNull();

    bug.mend();

    thrown(bug, Fate.SORTING, "key-3", Fate.TERMINAL).isNull();
    thrown(bug, Fate.STRICT, "key-10", Fate.FAILING).isNull();
  }

  @Test
  void every_other_key_that_is_stuck_goes_on_at_half_time(@TempDir Path folder) throws IOException {
    Bug bug = new Bug(folder);
    thrown(bug, Fate.PARKING, "key-5", Fate.PLAIN).isInstanceOf(IllegalStateException.class);
    thrown(bug, Fate.PARKING, "key-25", Fate.TERMINAL).isInstanceOf(IllegalStateException.class);

    bug.mendHalf();

    thrown(bug, Fate.PARKING, "key-5", Fate.PLAIN).isInstanceOf(IllegalStateException.class);
    thrown(bug, Fate.PARKING, "key-25", Fate.PLAIN).isNull();
    thrown(bug, Fate.PARKING, "key-25", Fate.TERMINAL).isInstanceOf(TerminalFailure.class);

    bug.mend();

    thrown(bug, Fate.PARKING, "key-5", Fate.PLAIN).isNull();
  }

  private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> thrown(
      Bug bug, String function, String key, Fate fate) {
    return assertThat(
        Assertions.catchThrowable(
            () ->
                bug.strike(
                    function,
                    "{\"key\":\"%s\",\"number\":0,\"fate\":\"%s\"}".formatted(key, fate))));
  }
}
