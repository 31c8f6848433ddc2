package io.headrace.checkpoint.dynamo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.SequenceNumber;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DenseRangesTest {
  /** Of Kinesis: the order from bit 80 on, the second of arrival from bit 36 on. */
  private static final BigInteger BASE =
      new BigInteger("49590338271490256608559692538361571095921575989136588898");

  private static final int ORDER_BIT = 80;
  private static final int SECOND_BIT = 36;

  @Test
  void a_range_of_kinesis_takes_two_bytes() {
    var ranges = new ArrayList<Progress.Range>();
    for (int i = 0; i < 100; i++) {
      ranges.add(new Progress.Range(kinesis(2 + 25L * i, 0), kinesis(25 + 25L * i, 0)));
    }

    var dense = DenseRanges.of(new Progress(Optional.of(kinesis(0, 0)), ranges));

    assertThat(dense).hasSize(1 + 2 * 1 + 100 * 2);
  }

  @Test
  void where_the_second_changes_only_that_distance_takes_more() {
    var ranges = new ArrayList<Progress.Range>();
    for (int i = 0; i < 100; i++) {
      ranges.add(new Progress.Range(kinesis(2 + 2L * i, i / 50), kinesis(2 + 2L * i, i / 50)));
    }

    var dense = DenseRanges.of(new Progress(Optional.of(kinesis(0, 0)), ranges));

    assertThat(dense).hasSizeLessThan(1 + 2 * 1 + 100 * 2 + 8);
  }

  @Test
  void records_of_one_aggregate_are_told_by_their_sub_sequence() {
    var range = new Progress.Range(kinesis(0, 0, 3), kinesis(0, 0, 9));
    var next = new Progress.Range(kinesis(1, 0, 2), kinesis(1, 0, 2));
    var progress = new Progress(Optional.of(kinesis(0, 0, 1)), List.of(range, next));

    assertThat(read(progress)).isEqualTo(progress);
  }

  @Property(tries = 500)
  void whatever_is_written_is_read_again(
      @ForAll long seed,
      @ForAll @IntRange(max = 128) int digits,
      @ForAll @IntRange(max = 40) int n,
      @ForAll @IntRange(max = 80) int zeros) {
    var random = new SplittableRandom(seed);
    var positions = new TreeSet<Position>();
    var base = BigInteger.TEN.pow(digits);
    while (positions.size() < 2 * n + 1) {
      var distance = BigInteger.valueOf(random.nextLong(1L << (1 + random.nextInt(40))));
      var number = base.add(distance.shiftLeft(random.nextInt(4) == 0 ? 0 : zeros));
      positions.add(new Position(new SequenceNumber(number.toString()), random.nextInt(3)));
    }
    var sorted = new ArrayList<Position>(positions);
    var ranges = new ArrayList<Progress.Range>();
    for (int i = 1; i < sorted.size(); i += 2) {
      boolean alone = random.nextBoolean();
      ranges.add(new Progress.Range(sorted.get(i), sorted.get(alone ? i : i + 1)));
    }
    for (var through : List.of(Optional.of(sorted.get(0)), Optional.<Position>empty())) {
      var progress = new Progress(through, ranges);
      assertThat(read(progress)).isEqualTo(progress);
    }
  }

  @Property(tries = 500)
  void bytes_that_nobody_wrote_are_refused_or_read_and_never_hang(
      @ForAll long seed, @ForAll @IntRange(max = 200) int length) {
    var bytes = new byte[length];
    new SplittableRandom(seed).nextBytes(bytes);
    if (length > 0 && seed % 2 == 0) {
      bytes[0] = 1;
    }
    try {
      assertThat(DenseRanges.toProgress(Optional.of(kinesis(0, 0)), bytes)).isNotNull();
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessageMatching("(?s).*(ranges?|position|subSequence|sequence).*");
    }
  }

  @Test
  void what_was_cut_off_is_refused() {
    var ranges = List.of(new Progress.Range(kinesis(40, 0), kinesis(9_000, 0)));
    var bytes = DenseRanges.of(new Progress(Optional.of(kinesis(0, 0)), ranges));

    for (int length = 0; length < bytes.length; length++) {
      var cut = Arrays.copyOf(bytes, length);
      if (length == 1 + 2 * 1) {
        continue; // No range at all is something that may be written.
      }
      assertThatThrownBy(() -> DenseRanges.toProgress(Optional.of(kinesis(0, 0)), cut))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("ranges");
    }
  }

  @Test
  void ranges_that_fall_are_a_fault_of_the_caller() {
    var falling = List.of(new Progress.Range(kinesis(1, 0), kinesis(1, 0)));

    assertThatThrownBy(() -> DenseRanges.of(new Progress(Optional.of(kinesis(2, 0)), falling)))
        .hasMessageContaining("follows");
  }

  private static Progress read(Progress progress) {
    return DenseRanges.toProgress(progress.through(), DenseRanges.of(progress));
  }

  private static Position kinesis(long order, long second) {
    return kinesis(order, second, 0);
  }

  private static Position kinesis(long order, long second, long sub) {
    var number =
        BASE.add(BigInteger.valueOf(order).shiftLeft(ORDER_BIT))
            .add(BigInteger.valueOf(second).shiftLeft(SECOND_BIT));
    return new Position(new SequenceNumber(number.toString()), sub);
  }
}
