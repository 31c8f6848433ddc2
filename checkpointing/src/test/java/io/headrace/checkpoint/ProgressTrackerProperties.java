package io.headrace.checkpoint;

import static io.headrace.checkpoint.Shards.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The tracker against a set of all that was ever finished. jqwik prints the seed of a failure. */
class ProgressTrackerProperties {
  @Property(tries = 500)
  void tells_exactly_what_a_set_would_tell_through_any_number_of_restarts(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 60) int records,
      @ForAll @IntRange(min = 1, max = 12) int inFlightMax,
      @ForAll @IntRange(min = 0, max = 3) int restarts) {
    var random = new SplittableRandom(seed);
    var positions = new ArrayList<Position>();
    for (long n = 1; positions.size() < records; n += 1 + random.nextInt(3)) {
      for (int subs = 1 + random.nextInt(3), sub = 0; sub < subs; sub++) {
        positions.add(new Position(at(n).sequence(), sub));
      }
    }
    var finished = new TreeSet<Position>();
    var progress = Progress.NONE;
    for (int life = 0; life <= restarts; life++) {
      int steps = life == restarts ? Integer.MAX_VALUE : random.nextInt(2 * records);
      progress =
          live(new ProgressTracker(progress), positions, finished, inFlightMax, steps, random);
    }
    assertThat(progress.through()).contains(positions.get(positions.size() - 1));
    assertThat(progress.ranges()).isEmpty();
  }

  /** Runs until all is finished or {@code steps} are over; answers the last capture. */
  private static Progress live(
      ProgressTracker tracker,
      List<Position> positions,
      Set<Position> finished,
      int inFlightMax,
      int steps,
      SplittableRandom random) {
    var inFlight = new ArrayList<Position>();
    int next = 0;
    // The source goes on behind the prefix, or a little before it where records are packed.
    while (next < positions.size() - 2
        && finished.contains(positions.get(next))
        && random.nextInt(4) > 0) {
      next++;
    }
    for (int step = 0; step < steps; step++) {
      boolean more = next < positions.size();
      if (!more && inFlight.isEmpty()) {
        break;
      }
      if (more && inFlight.size() < inFlightMax && random.nextBoolean()) {
        var position = positions.get(next++);
        boolean fresh = tracker.begin(position);
        assertThat(fresh).as("%s", position).isEqualTo(!finished.contains(position));
        if (fresh) {
          inFlight.add(position);
        }
      } else if (!inFlight.isEmpty()) {
        var settled = inFlight.remove(random.nextInt(inFlight.size()));
        tracker.settled(settled);
        finished.add(settled);
      }
      check(tracker, positions, finished, inFlight.size());
    }
    return tracker.capture();
  }

  private static void check(
      ProgressTracker tracker, List<Position> all, Set<Position> finished, int inFlight) {
    var captured = tracker.capture();
    for (var position : all) {
      assertThat(holds(captured, position))
          .as("%s in %s", position, captured)
          .isEqualTo(finished.contains(position));
    }
    assertThat(tracker.unsettled()).isEqualTo(inFlight);
    assertThat(tracker.ranges()).isEqualTo(captured.ranges().size());
  }

  private static boolean holds(Progress progress, Position position) {
    return progress.through().filter(t -> position.compareTo(t) <= 0).isPresent()
        || progress.ranges().stream()
            .anyMatch(r -> r.first().compareTo(position) <= 0 && position.compareTo(r.last()) <= 0);
  }
}
