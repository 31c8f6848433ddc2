package io.headrace.function;

import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.Order;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * One order as one run obeys it: which letters are left of which key, and which keys are under way.
 * Of a key under way, its first letter is the one that is played. Owned by the worker loop.
 */
final class RedriveRound {
  final Order order;

  /** Keys whose next letter may be played. */
  final ArrayDeque<String> ready = new ArrayDeque<>();

  final Set<String> underWay = new HashSet<>();

  /** Keys of which a letter failed again, or a record failed anew, where keys wait. */
  final Set<String> stopped = new HashSet<>();

  long nextTicks;
  boolean waking;
  int handled;
  int failed;

  /** Some keys could not be played, as it was not certain that their letters count. */
  boolean partial;

  private final Map<String, ArrayDeque<Letter>> byKey = new LinkedHashMap<>();

  RedriveRound(Order order) {
    this.order = order;
  }

  /** Parents' letters before their children's, whose numbers are higher. */
  static List<Letter> inOrder(List<Letter> letters) {
    var sorted = new ArrayList<>(letters);
    sorted.sort((one, other) -> one.id().position().compareTo(other.id().position()));
    return sorted;
  }

  boolean isEmpty() {
    return byKey.isEmpty();
  }

  boolean isDone() {
    return ready.isEmpty() && underWay.isEmpty();
  }

  /** Adds a letter behind the others of its key. */
  void add(Letter letter) {
    var left = byKey.computeIfAbsent(letter.key(), key -> new ArrayDeque<>());
    if (left.isEmpty() && !underWay.contains(letter.key())) {
      ready.add(letter.key());
    }
    left.add(letter);
  }

  /** As {@link #add}, unless the key is none of this round's or was stopped; answers whether. */
  boolean append(Letter letter) {
    boolean plays = byKey.containsKey(letter.key()) && !stopped.contains(letter.key());
    if (plays) {
      add(letter);
    }
    return plays;
  }

  /** Takes the next key, and answers its first letter. */
  Letter begin() {
    var key = ready.remove();
    underWay.add(key);
    return of(key).getFirst();
  }

  /** The letter of the key that was under way is done with. */
  void next(String key) {
    underWay.remove(key);
    var left = of(key);
    left.removeFirst();
    if (!left.isEmpty()) {
      ready.add(key);
    }
  }

  /** Plays nothing of the key behind what is under way. */
  void stop(String key) {
    stopped.add(key);
    var left = of(key);
    var first = left.removeFirst();
    left.clear();
    left.add(first);
  }

  private ArrayDeque<Letter> of(String key) {
    return Objects.requireNonNull(byKey.get(key), "letters of a key");
  }
}
