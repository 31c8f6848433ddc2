package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PositionWindowTest {
  private final PositionWindow<String> window = new PositionWindow<>();

  private void add(long... sequences) {
    for (long sequence : sequences) {
      window.add(Position.of(sequence), "v" + sequence);
    }
  }

  @Test
  void a_record_goes_once_in_any_order() {
    add(1, 2, 10);
    assertThat(window.remove(Position.of(2))).isEqualTo("v2");
    assertThat(window.remove(Position.of(2))).isNull();
    assertThat(window.remove(Position.of(10))).isEqualTo("v10");
    assertThat(window.remove(Position.of(1))).isEqualTo("v1");
    assertThat(window.isEmpty()).isTrue();
    assertThat(window.remove(Position.of(1))).isNull();
  }

  @Test
  void what_is_here_is_told_in_the_order_of_the_shard() {
    add(1, 2, 10);
    window.remove(Position.of(2));
    assertThat(window.positions()).containsExactly(Position.of(1), Position.of(10));
    assertThat(window.values()).containsExactly("v1", "v10");
    assertThat(window.size()).isEqualTo(2);
  }

  @Test
  void sub_records_have_places_of_their_own() {
    var sequence = SequenceNumber.of(7);
    window.add(new Position(sequence, 0), "first");
    window.add(new Position(sequence, 1), "second");
    assertThat(window.remove(new Position(sequence, 1))).isEqualTo("second");
  }

  @Test
  void a_record_that_does_not_come_behind_the_others_is_refused() {
    add(5);
    assertThatThrownBy(() -> add(5)).hasMessageContaining("5:0 follows 5:0");
    assertThatThrownBy(() -> add(4)).hasMessageContaining("4:0 follows 5:0");
    // The last place that was in use counts, though its record has gone.
    add(9);
    window.remove(Position.of(9));
    assertThatThrownBy(() -> add(8)).hasMessageContaining("8:0 follows 9:0");
  }

  @Test
  void cleared_it_is_as_new() {
    add(1, 2, 3);
    window.clear();
    assertThat(window.positions()).isEmpty();
    add(1);
    assertThat(window.values()).containsExactly("v1");
  }

  @Test
  void places_follow_the_records_that_are_here_and_go_with_the_last() {
    int most = 5_000;
    add(1);
    for (long sequence = 2; sequence <= 100_000; sequence++) {
      add(sequence);
      if (sequence > most) {
        window.remove(Position.of(sequence - most + 1));
      }
    }
    assertThat(window.size()).isEqualTo(most);
    assertThat(window.places()).as("behind a record that is stuck").isLessThan(4 * most);

    window.positions().forEach(window::remove);
    assertThat(window.isEmpty()).isTrue();
    assertThat(window.places()).as("of a shard that is quiet").isLessThanOrEqualTo(1_024);
    add(100_001, 100_002);
    assertThat(window.values()).containsExactly("v100001", "v100002");
  }

  /** Beside a sorted map: with a stuck record in front, in order, in any order, in bursts. */
  @Property(tries = 300)
  void it_is_a_sorted_map(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    var tried = new PositionWindow<String>();
    var model = new TreeMap<Position, String>();
    int strays = random.nextInt(1, 100);
    int sizeMax = random.nextInt(1, 300);
    long sequence = 0;
    int most = 4;
    for (int i = 0; i < 2_000; i++) {
      if (model.isEmpty() || (model.size() < sizeMax && random.nextBoolean())) {
        sequence += random.nextInt(1, 50);
        model.put(Position.of(sequence), "v" + sequence);
        tried.add(Position.of(sequence), "v" + sequence);
      } else {
        var keys = new ArrayList<>(model.keySet());
        int behindStuck = Math.min(1, keys.size() - 1);
        int at = random.nextInt(100) < strays ? random.nextInt(keys.size()) : behindStuck;
        var position = keys.get(at);
        assertThat(tried.remove(position)).as("seed %s", seed).isEqualTo(model.remove(position));
        assertThat(tried.remove(position)).as("seed %s", seed).isNull();
      }
      assertThat(tried.size()).as("seed %s", seed).isEqualTo(model.size());
      most = Math.max(most, model.size());
      assertThat(tried.places()).as("seed %s", seed).isLessThanOrEqualTo(4 * most);
    }
    assertThat(tried.positions()).as("seed %s", seed).containsExactlyElementsOf(model.keySet());
    assertThat(tried.values()).as("seed %s", seed).containsExactlyElementsOf(model.values());
  }
}
