package io.headrace.local.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.local.engine.HashKey;
import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class SequenceNumberProperties {
  private static final long SECONDS_MAX = 16_025_174_999L;

  @Property
  void a_number_written_and_parsed_is_the_same_number(
      @ForAll @LongRange(min = 0, max = SECONDS_MAX) long created,
      @ForAll @IntRange(min = 0) int shard,
      @ForAll @LongRange(min = 0) long order,
      @ForAll @LongRange(min = 0, max = SECONDS_MAX) long seconds) {
    SequenceNumber number = new SequenceNumber(created, shard, order, seconds);

    String text = number.toString();

    assertThat(text).hasSize(56);
    assertThat(SequenceNumber.parse(text)).contains(number);
  }

  @Property
  void the_decimal_text_is_that_of_the_hexadecimal_layout(
      @ForAll @LongRange(min = 0, max = SECONDS_MAX) long created,
      @ForAll @IntRange(min = 0) int shard,
      @ForAll @LongRange(min = 0) long order,
      @ForAll @LongRange(min = 0, max = SECONDS_MAX) long seconds) {
    String hex = "2%09x%x%016x00%09x%08x2".formatted(created, shard & 0xf, order, seconds, shard);

    String text = new SequenceNumber(created, shard, order, seconds).toString();

    assertThat(new BigInteger(text)).isEqualTo(new BigInteger(hex, 16));
  }

  @Property
  void numbers_of_one_shard_and_second_differ_by_their_orders_alone(
      @ForAll @LongRange(min = 0) long order, @ForAll @LongRange(min = 0) long other) {
    BigInteger first =
        new BigInteger(new SequenceNumber(1_700_000_000, 67, order, 1_700_000_001).toString());
    BigInteger second =
        new BigInteger(new SequenceNumber(1_700_000_000, 67, other, 1_700_000_001).toString());

    assertThat(second.subtract(first).shiftRight(80))
        .isEqualTo(BigInteger.valueOf(other).subtract(BigInteger.valueOf(order)));
  }

  @Property
  void within_a_shard_numbers_sort_by_order_as_texts_and_as_integers(
      @ForAll @LongRange(min = 0, max = Long.MAX_VALUE - 1) long order,
      @ForAll @LongRange(min = 0, max = SECONDS_MAX) long seconds,
      @ForAll @LongRange(min = 0, max = SECONDS_MAX) long laterSeconds) {
    String first = new SequenceNumber(1_700_000_000, 3, order, seconds).toString();
    String second = new SequenceNumber(1_700_000_000, 3, order + 1, laterSeconds).toString();

    assertThat(first).isLessThan(second);
    assertThat(new BigInteger(first)).isLessThan(new BigInteger(second));
  }

  @Property
  void a_hash_key_written_and_parsed_is_the_same_and_sorts_as_its_number(
      @ForAll long high, @ForAll long low, @ForAll long otherHigh, @ForAll long otherLow) {
    HashKey key = new HashKey(high, low);
    HashKey other = new HashKey(otherHigh, otherLow);

    assertThat(HashKey.parse(key.toString())).isEqualTo(key);
    assertThat(Integer.signum(key.compareTo(other)))
        .isEqualTo(key.number().compareTo(other.number()));
  }
}
