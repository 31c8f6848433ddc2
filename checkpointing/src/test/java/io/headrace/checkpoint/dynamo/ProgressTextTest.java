package io.headrace.checkpoint.dynamo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.StartingPosition;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ProgressTextTest {
  @Test
  void ranges_leave_out_the_digits_that_neighbours_share() {
    var progress =
        new Progress(
            Optional.of(Position.parse("4959033800:2")),
            List.of(
                range("4959033800:5", "4959033800:7"),
                range("4959033821:0", "4959033821:0"),
                range("4959034000:0", "10000000000:1")));

    var text = ProgressText.ofRanges(progress);

    assertThat(text).isEqualTo("~:5-~:7 ~21 ~4000-10000000000:1");
    assertThat(ProgressText.toProgress(progress.through(), text)).isEqualTo(progress);
  }

  @Property(tries = 500)
  void whatever_is_written_is_read_again(
      @ForAll long seed,
      @ForAll @IntRange(max = 128) int digits,
      @ForAll @IntRange(max = 40) int n) {
    var random = new SplittableRandom(seed);
    var positions = new TreeSet<Position>();
    var base = BigInteger.TEN.pow(digits);
    while (positions.size() < 2 * n + 1) {
      var number = base.add(BigInteger.valueOf(random.nextLong(1L << (1 + random.nextInt(40)))));
      positions.add(new Position(new SequenceNumber(number.toString()), random.nextInt(3)));
    }
    var sorted = new ArrayList<Position>(positions);
    var ranges = new ArrayList<Progress.Range>();
    for (int i = 1; i < sorted.size(); i += 2) {
      ranges.add(new Progress.Range(sorted.get(i), sorted.get(i + 1)));
    }
    for (var through : List.of(Optional.of(sorted.get(0)), Optional.<Position>empty())) {
      var progress = new Progress(through, ranges);
      assertThat(ProgressText.toProgress(through, ProgressText.ofRanges(progress)))
          .isEqualTo(progress);
    }
  }

  @Test
  void starting_positions_are_read_again() {
    for (var start :
        List.of(
            StartingPosition.TRIM_HORIZON,
            StartingPosition.at(Instant.parse("2026-01-01T00:00:00.000000001Z")),
            StartingPosition.after(Position.parse("17:3")))) {
      assertThat(ProgressText.toStart(ProgressText.of(start))).isEqualTo(start);
    }
  }

  @Test
  void what_nobody_wrote_is_refused() {
    assertThatThrownBy(() -> ProgressText.toStart("LATEST")).hasMessageContaining("\"LATEST\"");
    assertThatThrownBy(() -> ProgressText.toProgress(Optional.empty(), "~5"))
        .hasMessageContaining("\"~5\"");
    assertThatThrownBy(() -> ProgressText.toProgress(Optional.empty(), "five"))
        .hasMessageContaining("\"five\"");
  }

  private static Progress.Range range(String first, String last) {
    return new Progress.Range(Position.parse(first), Position.parse(last));
  }
}
