package io.headrace.kcl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is known of records under way, by position: they come in the order of the shard and go in
 * any. For the engine and for checkpointers, who have one each for a shard; one owner thread.
 *
 * <p>Two arrays in the order of the shard, in which a place stays empty when its record has gone.
 * Records mostly go in about the order in which they came, so the one behind the last that went is
 * looked at first, and others are found by halving. No position is hashed, which for a Kinesis
 * sequence number means some 56 digits. There are fewer than four times as many places as there
 * ever were records at once, and few again once all have gone: a shard may be quiet for long.
 */
public final class PositionWindow<V> {
  private static final int PLACES_MIN = 16;

  /** More places than this are not kept for records that may never come. */
  private static final int PLACES_KEPT_MAX = 1_024;

  private Position[] positions = new Position[PLACES_MIN];
  private Object[] values = new Object[PLACES_MIN];

  /** The places in use are those from {@code first}, never empty itself, to before {@code end}. */
  private int first;

  private int end;
  private int size;

  /** Where the next one is expected to go. */
  private int expected;

  /**
   * Adds what is known of the next record.
   *
   * @throws IllegalArgumentException when the position is not behind all that are here
   */
  public void add(Position position, V value) {
    Objects.requireNonNull(value, "value");
    if (size > 0 && position.compareTo(positions[end - 1]) <= 0) {
      throw new IllegalArgumentException(
          "position " + position + " follows " + positions[end - 1] + ": they must rise");
    }
    if (end == positions.length) {
      closeUp();
    }
    positions[end] = position;
    values[end] = value;
    end++;
    size++;
  }

  public boolean contains(Position position) {
    int place = find(position);
    return place >= 0 && values[place] != null;
  }

  /** Takes out what is known of a record; null when nothing is. */
  public @Nullable V remove(Position position) {
    int place = find(position);
    if (place < 0) {
      return null;
    }
    V value = value(place);
    if (value != null) {
      values[place] = null;
      size--;
      expected = place + 1;
      while (first < end && values[first] == null) {
        positions[first++] = null;
      }
      if (size == 0) {
        clear();
      }
    }
    return value;
  }

  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** What is known of the record that comes first; null when there is none. */
  public @Nullable V first() {
    return size == 0 ? null : value(first);
  }

  /** The positions that are here, in order. */
  public List<Position> positions() {
    var all = new ArrayList<Position>(size);
    for (int place = first; place < end; place++) {
      if (values[place] != null) {
        all.add(positions[place]);
      }
    }
    return all;
  }

  /** The values that are here, in the order of their positions. */
  public List<V> values() {
    var all = new ArrayList<V>(size);
    for (int place = first; place < end; place++) {
      V value = value(place);
      if (value != null) {
        all.add(value);
      }
    }
    return all;
  }

  public void clear() {
    if (positions.length > PLACES_KEPT_MAX) {
      positions = new Position[PLACES_MIN];
      values = new Object[PLACES_MIN];
    } else {
      Arrays.fill(positions, first, end, null);
      Arrays.fill(values, first, end, null);
    }
    first = 0;
    end = 0;
    size = 0;
    expected = 0;
  }

  /** How many records there is room for as it is. */
  int places() {
    return positions.length;
  }

  private int find(Position position) {
    if (first <= expected && expected < end && positions[expected].equals(position)) {
      return expected;
    }
    return Arrays.binarySearch(positions, first, end, position);
  }

  /** Only {@link #add} writes values. */
  @SuppressWarnings("unchecked")
  private @Nullable V value(int place) {
    return (V) values[place];
  }

  /** Makes room at the end: by closing gaps where they are half of all places, else by doubling. */
  private void closeUp() {
    int places = size <= positions.length / 2 ? positions.length : 2 * positions.length;
    var positionsBefore = positions;
    var valuesBefore = values;
    positions = new Position[places];
    values = new Object[places];
    int kept = 0;
    for (int place = first; place < end; place++) {
      if (valuesBefore[place] != null) {
        positions[kept] = positionsBefore[place];
        values[kept] = valuesBefore[place];
        kept++;
      }
    }
    first = 0;
    end = kept;
    expected = 0;
  }
}
