package io.headrace.checkpoint.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StateCacheTest {
  private static final int ROOM_FOR_TEN = 10 * 320;

  private final StateCache cache = new StateCache(ROOM_FOR_TEN);
  private final long space = cache.newSpace();

  private static EntryKey key(int number) {
    return EntryKey.of("key-" + number, "key-" + number, EntryKind.STATE);
  }

  private static Slot slot(EntryKey key, int value) {
    return new Slot(key, StateValue.of(new byte[] {(byte) value}, 1));
  }

  /** Of which nothing is kept. */
  private static Slot tooLarge(EntryKey key) {
    return new Slot(key, StateValue.of(new byte[2 * ROOM_FOR_TEN], 1));
  }

  @Test
  void a_newer_value_takes_the_place_of_the_former_whichever_object_the_key_is() {
    var mine = key(1);
    cache.put(space, slot(mine, 1));
    cache.put(space, slot(mine, 2));
    assertThat(cache.get(space, key(1))).isEqualTo(slot(mine, 2));
    cache.put(space, slot(key(1), 3));
    assertThat(cache.get(space, mine)).isEqualTo(slot(mine, 3));
    cache.put(space, slot(mine, 4));
    assertThat(cache.get(space, key(1))).isEqualTo(slot(mine, 4));
  }

  @Test
  void a_value_of_another_weight_is_weighed_anew() {
    var mine = key(1);
    cache.put(space, slot(mine, 1));
    cache.put(space, tooLarge(mine));
    assertThat(cache.get(space, mine)).isNull();
  }

  @Test
  void what_was_let_go_and_read_again_under_another_key_is_not_passed_by() {
    var mine = key(1);
    cache.put(space, tooLarge(mine));
    assertThat(cache.get(space, mine)).as("let go").isNull();
    cache.putIfAbsent(space, slot(key(1), 1));
    assertThat(cache.get(space, mine)).isEqualTo(slot(mine, 1));
    cache.put(space, tooLarge(mine));
    assertThat(cache.get(space, mine)).as("the former value is not found any more").isNull();
  }

  @Test
  void what_a_space_has_forgotten_is_not_written_into() {
    var mine = key(1);
    cache.put(space, slot(mine, 1));
    cache.forget(space);
    cache.putIfAbsent(space, slot(key(1), 1));
    cache.put(space, slot(mine, 2));
    assertThat(cache.get(space, key(1))).isEqualTo(slot(mine, 2));
  }

  @Test
  void one_key_object_in_two_spaces_and_two_caches_has_a_value_in_each() {
    var mine = key(1);
    long other = cache.newSpace();
    var another = new StateCache(ROOM_FOR_TEN);
    cache.put(space, slot(mine, 1));
    cache.put(other, slot(mine, 2));
    another.put(space, slot(mine, 3));
    cache.put(space, slot(mine, 4));
    assertThat(cache.get(space, mine)).isEqualTo(slot(mine, 4));
    assertThat(cache.get(other, mine)).isEqualTo(slot(mine, 2));
    assertThat(another.get(space, mine)).isEqualTo(slot(mine, 3));
  }
}
