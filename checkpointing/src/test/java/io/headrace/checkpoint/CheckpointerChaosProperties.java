package io.headrace.checkpoint;

import static io.headrace.checkpoint.Shards.at;
import static io.headrace.checkpoint.Shards.key;
import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.LossyStore.Fault;
import io.headrace.kcl.Checkpointer;
import io.headrace.kcl.CommitOutcome;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Resumption;
import io.headrace.kcl.Start;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.SimulatedLoop;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Owners that follow each other and overlap, on a network that loses, delays and doubles requests.
 * The function counts records in its parts: an exact count at the end proves that position and
 * parts moved together and that no commit was applied out of turn. jqwik prints the seed of a
 * failure.
 */
class CheckpointerChaosProperties {
  private static final int RECORDS = 40;
  private static final int STEPS_MAX = 3_000;
  private static final int CALM_AFTER = 1_500;
  private static final List<Fault> FAULTS =
      List.of(Fault.LOST, Fault.ANSWER_LOST, Fault.LATE, Fault.TWICE);

  @Property(tries = 1000)
  void every_record_is_counted_once_whatever_the_network_does(@ForAll long seed) {
    new Course(seed).run();
  }

  private static final class Course {
    private final SplittableRandom random;
    private final SimulatedLoop loop;
    private final InMemoryCheckpointStore store = new InMemoryCheckpointStore();
    private final LossyStore network = new LossyStore(store);
    private final List<Owner> owners = new ArrayList<>();
    private Optional<Position> furthest = Optional.empty();

    private Course(long seed) {
      random = new SplittableRandom(seed);
      loop = new SimulatedLoop(seed);
    }

    private void run() {
      owners.add(new Owner(1));
      last().step();
      for (int step = 0; step < STEPS_MAX; step++) {
        boolean calm = step > CALM_AFTER;
        network.calm();
        if (!calm) {
          network.next(random.nextInt(4) > 0 ? Fault.NONE : FAULTS.get(random.nextInt(4)));
          if (random.nextInt(10) == 0) {
            network.arrive();
          }
          if (random.nextInt(40) == 0) {
            owners.add(new Owner(owners.size() + 1));
          }
        }
        // The last owner rules; the others are zombies that do not know.
        var owner = random.nextInt(3) == 0 ? owners.get(random.nextInt(owners.size())) : last();
        owner.step();
        check();
        if (last().finished()) {
          break;
        }
      }
      network.arrive();
      check();
      var end = read();
      // The last records may still be a range: that they border on the prefix is known by reading.
      assertThat(finished(end.progress())).isEqualTo(RECORDS);
      assertThat(countOf(end.parts().orElseThrow())).isEqualTo(RECORDS);
    }

    private Owner last() {
      return owners.get(owners.size() - 1);
    }

    private ProgressItem read() {
      return Answers.answer(store.seal(progress("s0"), token("reader", 1), "n"));
    }

    /** Progress never goes back, and the count is always that of the finished records. */
    private void check() {
      var item = read();
      var through = item.progress().through();
      furthest.ifPresent(
          f ->
              assertThat(through).hasValueSatisfying(t -> assertThat(t).isGreaterThanOrEqualTo(f)));
      furthest = through;
      item.parts().ifPresent(p -> assertThat(countOf(p)).isEqualTo(finished(item.progress())));
    }

    private static int finished(Progress progress) {
      int count = 0;
      for (long n = 1; n <= RECORDS; n++) {
        var position = at(n);
        boolean passed =
            progress.through().filter(t -> position.compareTo(t) <= 0).isPresent()
                || progress.ranges().stream()
                    .anyMatch(
                        r ->
                            r.first().compareTo(position) <= 0
                                && position.compareTo(r.last()) <= 0);
        count += passed ? 1 : 0;
      }
      return count;
    }

    private static int countOf(CommitParts parts) {
      return ByteBuffer.wrap(parts.parts().get("count")).getInt();
    }

    private final class Owner {
      private final Checkpointer checkpointer;
      private final List<Long> inFlight = new ArrayList<>();
      private boolean running;
      private boolean fenced;
      private long next;
      private int count;

      private Owner(long epoch) {
        var policy = CheckpointPolicy.every(Duration.ofSeconds(1));
        checkpointer =
            TrackingCheckpointer.factory(
                    network, "totals", Start.HORIZON, policy, loop, random.split())
                .open(key("s0"), shard("s0"), token("w", epoch));
      }

      private boolean finished() {
        return running && next > RECORDS && inFlight.isEmpty() && !checkpointer.dirty();
      }

      private void step() {
        if (fenced) {
          return;
        }
        if (!running) {
          seal();
        } else if (next <= RECORDS && inFlight.size() < 6 && random.nextBoolean()) {
          long n = next++;
          if (checkpointer.begin(at(n))) {
            inFlight.add(n);
          }
        } else if (!inFlight.isEmpty() && random.nextInt(3) > 0) {
          checkpointer.settled(at(inFlight.remove(random.nextInt(inFlight.size()))));
          count++;
        } else {
          commit();
        }
      }

      private void seal() {
        var resumption = outcome(checkpointer.seal());
        if (resumption.filter(r -> r instanceof Resumption.Fenced).isPresent()) {
          fenced = true;
        } else if (resumption.isPresent()) {
          var ready = (Resumption.Ready) resumption.get();
          next =
              ready.from() instanceof StartingPosition.After after
                  ? Long.parseLong(after.position().sequence().value()) + 1
                  : 1;
          count = ready.parts().isEmpty() ? 0 : countOf(ready.parts().get(0));
          running = true;
        }
      }

      private void commit() {
        var bytes = ByteBuffer.allocate(4).putInt(count).array();
        var progress = checkpointer.capture();
        var answer = outcome(checkpointer.commit(progress, CommitParts.of("count", bytes)));
        fenced = answer.filter(a -> a instanceof CommitOutcome.Fenced).isPresent();
        if (fenced) {
          assertThat(this).isNotSameAs(last());
        } else if (answer.isPresent() && this == last()) {
          assertThat(read().progress()).isEqualTo(progress);
        }
      }

      private <T> Optional<T> outcome(CompletionStage<T> stage) {
        loop.runUntilIdle();
        return Answers.faultOf(stage) == null
            ? Optional.of(Answers.answer(stage))
            : Optional.empty();
      }
    }
  }
}
