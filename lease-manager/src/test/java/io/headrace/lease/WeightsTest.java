package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WeightsTest {
  private static final ShardKey SHARD =
      new ShardKey(new StreamId("orders", Instant.EPOCH), new ShardId("s"));
  private final Weights weights = new Weights();
  private long seconds;

  private boolean tenSecondsOf(long bytesPerSecond) {
    seconds += 10;
    return weights.measure(Map.of(SHARD, bytesPerSecond), Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void a_weight_doubles_with_the_bytes_and_ends_at_what_a_shard_can_take() {
    assertThat(Weights.of(0)).isEqualTo(1);
    assertThat(Weights.of((96 << 10) - 1)).isEqualTo(1);
    assertThat(Weights.of(96 << 10)).isEqualTo(2);
    assertThat(Weights.of(192 << 10)).isEqualTo(4);
    assertThat(Weights.of(1_000_000)).isEqualTo(16);
    assertThat(Weights.of(Long.MAX_VALUE)).isEqualTo(Weights.WEIGHT_MAX);
  }

  @Test
  void a_weight_is_told_only_when_it_has_held_for_a_minute() {
    weights.gained(SHARD, 1, 0);
    for (int i = 0; i < 6; i++) {
      assertThat(tenSecondsOf(1 << 20)).isFalse();
    }
    assertThat(tenSecondsOf(1 << 20)).isTrue();
    assertThat(weights.told()).containsExactly(Map.entry(SHARD, 16));
    assertThat(tenSecondsOf(1 << 20)).as("told once").isFalse();
  }

  @Test
  void a_load_that_wobbles_about_a_border_changes_nothing() {
    weights.gained(SHARD, 4, 0);
    for (int i = 0; i < 100; i++) {
      assertThat(tenSecondsOf(i / 20 % 2 == 0 ? 340 << 10 : 430 << 10)).isFalse();
    }
    assertThat(weights.of(SHARD)).isEqualTo(4);
  }

  /** Each load wobbles by a tenth about a mean that may lie anywhere, borders included. */
  @Test
  void a_weight_whose_load_wobbles_comes_to_rest_wherever_the_load_lies() {
    long seed = 42;
    var random = new SplittableRandom(seed);
    for (long mean = 40 << 10; mean < 1 << 20; mean += 7 << 10) {
      var wobbling = new Weights();
      wobbling.gained(SHARD, 1 << random.nextInt(5), 0);
      int told = 0;
      for (int i = 1; i <= 1_200; i++) {
        long bytes = mean * (90 + random.nextInt(21)) / 100;
        told += wobbling.measure(Map.of(SHARD, bytes), i * 10_000_000_000L) ? 1 : 0;
      }
      // Into the band between the borders, and perhaps across it; it never comes back.
      assertThat(told).as("seed %d, mean %d", seed, mean).isLessThanOrEqualTo(2);
    }
  }

  /** The slowest swing that is told at all moves a lease once in 6 lease times at most. */
  @Test
  void a_load_that_swings_from_one_weight_to_the_next_is_told_each_time_a_minute_late() {
    weights.gained(SHARD, 2, 0);
    int told = 0;
    for (int i = 0; i < 360; i++) {
      told += tenSecondsOf(i / 30 % 2 == 0 ? 120 << 10 : 320 << 10) ? 1 : 0;
    }
    assertThat(told).as("an hour of 5 minutes each").isBetween(1, 12);
  }

  @Test
  void a_load_that_ends_is_told_too() {
    weights.gained(SHARD, 16, 0);
    boolean told = false;
    for (int i = 0; i < 30; i++) {
      told |= tenSecondsOf(0);
    }
    assertThat(told).isTrue();
    assertThat(weights.of(SHARD)).isEqualTo(1);
  }

  @Test
  void what_is_lost_weighs_nothing_any_more() {
    weights.gained(SHARD, 8, 0);
    weights.lost(SHARD);
    tenSecondsOf(1 << 20);
    assertThat(weights.told()).isEmpty();
  }
}
