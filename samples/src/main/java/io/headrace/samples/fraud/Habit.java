package io.headrace.samples.fraud;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a card usually pays: the median of its latest amounts, once there are enough of them. */
final class Habit {
  /** Nine: the median stands, whatever four of them are. */
  static final int KEPT = 9;

  /** Fewer say nothing. */
  static final int NEEDED = 3;

  private Habit() {}

  /** Whether an amount is so many times what the card usually pays. */
  static boolean exceeds(List<Long> habit, long cents, long times) {
    return habit.size() >= NEEDED && cents >= times * median(habit);
  }

  /** That {@link #exceeds} is so. */
  static Finding finding(List<Long> habit, long cents, long times) {
    return new Finding(
        "cents, against " + times + " times what is usual for the card",
        cents,
        Finding.Bound.AT_LEAST,
        times * median(habit));
  }

  /** What the card usually pays; empty while there are too few payments to tell. */
  static Optional<Long> usual(List<Long> habit) {
    return habit.size() < NEEDED ? Optional.empty() : Optional.of(median(habit));
  }

  static long median(List<Long> habit) {
    var sorted = habit.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  static List<Long> with(List<Long> habit, long cents) {
    var amounts = new ArrayList<>(habit);
    amounts.add(cents);
    return List.copyOf(amounts.subList(Math.max(0, amounts.size() - KEPT), amounts.size()));
  }
}
