package io.headrace.kcl;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies that nobody can change and that keep the order of what was copied.
 *
 * <p>{@link Map#copyOf} and {@link Set#copyOf} are gone through in an order that each JVM draws
 * anew when it starts. Where that order reaches requests, what is drawn for each of them, or bytes
 * that are stored, the same seed takes another course in the next process, and nobody can repeat
 * what a simulation has found. The build refuses both.
 *
 * <p>Keys must be equal by value: an order by identity, as of a {@code HashMap} of objects without
 * {@code hashCode}, or with enums in their keys, is no better.
 *
 * <p>For any thread; what was copied once is not copied again.
 */
public final class StableCopy {
  /** What copies of one element are; of an element more, the JDK's own have no order that lasts. */
  private static final Class<?> MAP_OF_ONE = Map.of(0, 0).getClass();

  private static final Class<?> SET_OF_ONE = Set.of(0).getClass();

  private StableCopy() {}

  /**
   * A copy in the order in which the map is gone through.
   *
   * @throws NullPointerException when there is a null among keys or values
   */
  @SuppressWarnings("unchecked") // Nobody can put anything into it.
  public static <K, V> Map<K, V> of(Map<? extends K, ? extends V> map) {
    if (map instanceof FixedMap<?, ?> || (map.getClass() == MAP_OF_ONE && map.size() == 1)) {
      return (Map<K, V>) map;
    }
    if (map.isEmpty()) {
      return Map.of();
    }
    var copy = new LinkedHashMap<K, V>();
    map.forEach(
        (key, value) ->
            copy.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value")));
    if (copy.size() == 1) {
      var only = copy.entrySet().iterator().next();
      return Map.of(only.getKey(), only.getValue());
    }
    return new FixedMap<>(Collections.unmodifiableMap(copy));
  }

  /**
   * A copy in the order in which the elements are gone through, without those that were met before.
   *
   * @throws NullPointerException when there is a null among them
   */
  @SuppressWarnings("unchecked") // Nobody can put anything into it.
  public static <E> Set<E> of(Collection<? extends E> some) {
    if (some instanceof FixedSet<?> || (some.getClass() == SET_OF_ONE && some.size() == 1)) {
      return (Set<E>) some;
    }
    if (some.isEmpty()) {
      return Set.of();
    }
    var copy = new LinkedHashSet<E>();
    some.forEach(each -> copy.add(Objects.requireNonNull(each, "element")));
    if (copy.size() == 1) {
      return Set.of(copy.iterator().next());
    }
    return new FixedSet<>(Collections.unmodifiableSet(copy));
  }

  private static final class FixedMap<K, V> extends AbstractMap<K, V> {
    private final Map<K, V> map;

    FixedMap(Map<K, V> map) {
      this.map = map;
    }

    @Override
    public Set<Entry<K, V>> entrySet() {
      return map.entrySet();
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
      return map.containsKey(key);
    }

    @Override
    public @Nullable V get(@Nullable Object key) {
      return map.get(key);
    }
  }

  private static final class FixedSet<E> extends AbstractSet<E> {
    private final Set<E> set;

    FixedSet(Set<E> set) {
      this.set = set;
    }

    @Override
    public Iterator<E> iterator() {
      return set.iterator();
    }

    @Override
    public int size() {
      return set.size();
    }

    @Override
    public boolean contains(@Nullable Object element) {
      return set.contains(element);
    }
  }
}
