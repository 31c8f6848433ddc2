package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StableCopyTest {
  private static final List<String> NAMES =
      IntStream.range(0, 100).mapToObj(i -> "name " + i * 7919 % 100).toList();

  private static Map<String, Integer> lengths() {
    var map = new LinkedHashMap<String, Integer>();
    NAMES.forEach(name -> map.put(name, name.length()));
    return map;
  }

  @Test
  void a_copy_is_gone_through_in_the_order_of_the_original() {
    assertThat(StableCopy.of(lengths()).keySet()).containsExactlyElementsOf(NAMES);
    assertThat(StableCopy.of(lengths())).isEqualTo(Map.copyOf(lengths()));
    assertThat(StableCopy.<String>of(NAMES)).containsExactlyElementsOf(NAMES);
    assertThat(StableCopy.<String>of(NAMES)).isEqualTo(Set.copyOf(NAMES));
  }

  @Test
  void a_copy_stays_as_it_is_whatever_becomes_of_the_original() {
    var map = lengths();
    var copy = StableCopy.of(map);
    map.clear();

    assertThat(copy).hasSize(NAMES.size()).containsEntry("name 7", 6);
    assertThatThrownBy(() -> copy.put("another", 1))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> copy.remove("name 7"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> StableCopy.of(NAMES).remove("name 7"))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void what_was_copied_is_not_copied_again() {
    var map = StableCopy.of(lengths());
    var set = StableCopy.<String>of(NAMES);

    assertThat(StableCopy.of(map)).isSameAs(map);
    assertThat(StableCopy.<String>of(set)).isSameAs(set);

    var mapOfOne = StableCopy.of(new LinkedHashMap<>(Map.of("name", 4)));
    var setOfOne = StableCopy.<String>of(List.of("name"));
    assertThat(StableCopy.of(mapOfOne)).isSameAs(mapOfOne);
    assertThat(StableCopy.<String>of(setOfOne)).isSameAs(setOfOne);
    var setOfTwo = Set.of("a", "b");
    assertThat(StableCopy.<String>of(setOfTwo)).isEqualTo(setOfTwo).isNotSameAs(setOfTwo);
  }

  @Test
  void a_null_is_refused() {
    var map = lengths();
    map.put("name 7", null);

    assertThatThrownBy(() -> StableCopy.of(map)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> StableCopy.of(java.util.Arrays.asList("a", null)))
        .isInstanceOf(NullPointerException.class);
  }
}
