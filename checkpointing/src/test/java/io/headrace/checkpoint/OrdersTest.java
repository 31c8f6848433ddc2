package io.headrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OrdersTest {
  private static final ShardKey ONE = ShardKey.parse("orders@1/s1");
  private static final ShardKey TWO = ShardKey.parse("orders@1/s2");
  private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");
  private static final Order.Deed PAUSE = new Order.Deed.Pause();
  private static final Order.Deed RESUME = new Order.Deed.Resume();
  private final List<Order> given = new ArrayList<>();

  private OrdersTest give(@Nullable ShardKey shard, @Nullable String key, Order.Deed deed) {
    given.add(
        new Order(
            given.size() + 1,
            "alarms",
            Optional.ofNullable(shard),
            Optional.ofNullable(key),
            deed,
            "ann",
            NOON,
            "because"));
    return this;
  }

  private Orders orders() {
    return new Orders(given, List.of());
  }

  private boolean holds(ShardKey shard) {
    return orders().holding("alarms", shard).isPresent();
  }

  @Test
  void of_two_orders_that_contradict_each_other_the_later_counts() {
    give(null, null, PAUSE);
    assertThat(holds(ONE)).isTrue();
    give(ONE, null, RESUME);
    assertThat(holds(ONE)).isFalse();
    assertThat(holds(TWO)).isTrue();
    assertThat(orders().pauses()).as("it holds the other shard").hasSize(1);
    give(null, null, RESUME);
    assertThat(holds(TWO)).isFalse();
    assertThat(orders().pauses()).isEmpty();
    assertThat(orders().holding("audit", ONE)).isEmpty();
  }

  @Test
  void a_key_is_held_and_resumed_apart_from_its_function() {
    give(null, "k", PAUSE).give(ONE, "l", PAUSE).give(null, null, PAUSE);
    give(null, null, RESUME);
    assertThat(orders().heldKeys("alarms", ONE)).containsOnlyKeys("k", "l");
    assertThat(orders().heldKeys("alarms", TWO)).containsOnlyKeys("k");
    give(TWO, "k", RESUME);
    assertThat(orders().heldKeys("alarms", TWO)).isEmpty();
    assertThat(orders().heldKeys("alarms", ONE)).containsOnlyKeys("k", "l");
    assertThat(holds(ONE)).isFalse();
  }

  @Test
  void a_function_begins_anew_for_what_its_handler_is_made_with_and_not_for_a_pause() {
    give(null, null, PAUSE).give(null, null, RESUME);
    assertThat(orders().generation("alarms", ONE)).isZero();
    give(ONE, null, new Order.Deed.Skip(Position.of(4)));
    assertThat(orders().generation("alarms", ONE)).isEqualTo(3);
    assertThat(orders().generation("alarms", TWO)).isZero();
    give(null, null, new Order.Deed.Seek(StartingPosition.TRIM_HORIZON)).give(TWO, "k", PAUSE);
    assertThat(orders().generation("alarms", ONE)).as("nothing is moved yet").isEqualTo(3);
    assertThat(orders().generation("alarms", TWO)).isEqualTo(5);
    give(null, null, new Order.Deed.Anew());
    assertThat(orders().generation("alarms", ONE)).isEqualTo(6);
    assertThat(orders().skips("alarms", ONE)).hasSize(1);
  }

  @Test
  void what_still_means_something_is_never_forgotten() {
    give(TWO, null, PAUSE).give(ONE, null, new Order.Deed.Skip(Position.of(4)));
    for (int i = 0; i < Orders.TRAIL_MAX + 50; i++) {
      give(null, "k", PAUSE).give(null, "k", RESUME);
      give(null, null, new Order.Deed.Seek(StartingPosition.TRIM_HORIZON));
    }

    var spent = orders().spent(NOON);

    assertThat(spent).hasSizeGreaterThan(Orders.TRAIL_MAX);
    var kept = new ArrayList<>(given);
    kept.removeAll(spent);
    var left = new Orders(kept, List.of());
    for (var shard : List.of(ONE, TWO)) {
      assertThat(left.holding("alarms", shard)).isEqualTo(orders().holding("alarms", shard));
      assertThat(left.heldKeys("alarms", shard)).isEqualTo(orders().heldKeys("alarms", shard));
      assertThat(left.skips("alarms", shard)).isEqualTo(orders().skips("alarms", shard));
      assertThat(left.generation("alarms", shard)).isEqualTo(orders().generation("alarms", shard));
    }
    assertThat(left.number()).isEqualTo(orders().number());
    assertThat(orders().spent(NOON.plus(Duration.ofDays(400))))
        .as("no stream keeps what it would skip")
        .contains(given.get(1));
  }

  @Test
  void an_order_says_who_and_why_and_where() {
    assertThatThrownBy(
            () -> new Order(1, "f", Optional.empty(), Optional.empty(), PAUSE, "ann", NOON, "  "))
        .hasMessageContaining("reason");
    assertThatThrownBy(
            () -> new Order(1, "f", Optional.empty(), Optional.empty(), PAUSE, "a\nb", NOON, "x"))
        .hasMessageContaining("by: must be 1 to 500 characters in one line");
    assertThatThrownBy(() -> give(null, "", PAUSE)).hasMessageContaining("key: is empty");
    assertThatThrownBy(() -> give(null, null, new Order.Deed.Skip(Position.of(1))))
        .hasMessageContaining("skip: the shard is missing");
    assertThatThrownBy(() -> give(ONE, "k", new Order.Deed.Seek(StartingPosition.TRIM_HORIZON)))
        .hasMessageContaining("a key has no position");
  }
}
