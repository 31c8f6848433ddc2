package io.headrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.CheckpointThrottledException;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Many runs that commit as fast as they may, through a store that takes only so much. */
class PacedCheckpointStoreTest {
  private static final int RUNS = 300;
  private static final int CAPACITY_PER_SECOND = 100;

  private final SimulatedLoop loop = new SimulatedLoop(3);
  private final Narrow narrow = new Narrow();
  private final PacedCheckpointStore paced = new PacedCheckpointStore(narrow, loop);
  private int committed;

  /** Answers after 5 ms; refuses what is above its capacity in a second. */
  private final class Narrow implements CheckpointStore {
    private final CheckpointStore store = new InMemoryCheckpointStore();
    int capacity = Integer.MAX_VALUE;
    int refused;
    int underWay;
    int underWayHighest;
    private long second = -1;
    private int inSecond;

    private <T> CompletionStage<T> call(Supplier<CompletionStage<T>> call) {
      underWay++;
      underWayHighest = Math.max(underWay, underWayHighest);
      var answer = new CompletableFuture<T>();
      loop.schedule(
          Duration.ofMillis(5),
          () -> {
            underWay--;
            long now = loop.ticks() / 1_000_000_000L;
            inSecond = now == second ? inSecond + 1 : 1;
            second = now;
            if (inSecond > capacity) {
              refused++;
              answer.completeExceptionally(new CheckpointThrottledException("too much"));
            } else {
              var unused = call.get().thenAccept(answer::complete);
            }
          });
      return answer;
    }

    @Override
    public CompletionStage<StartingPosition> startOf(String function, StartingPosition proposed) {
      return call(() -> store.startOf(function, proposed));
    }

    @Override
    public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
      return call(() -> store.seal(key, token, nonce));
    }

    @Override
    public CompletionStage<Void> takeOver(TakeOver takeOver) {
      return call(() -> store.takeOver(takeOver));
    }

    @Override
    public OperatorStore operator() {
      return store.operator();
    }

    @Override
    public LetterLedger letters() {
      return store.letters();
    }

    @Override
    public CompletionStage<WriteAnswer> commit(Commit commit) {
      return call(() -> store.commit(commit));
    }

    @Override
    public CompletionStage<WriteAnswer> end(End end) {
      return call(() -> store.end(end));
    }
  }

  /** Commits again and again, as a busy function does. */
  private void run(ProgressKey key, long rev) {
    var claim = new WriteClaim(key, Shards.token("ann", 1), rev, "n", "attempt-" + rev);
    var commit = new CheckpointStore.Commit(claim, Progress.NONE, Shards.parts("state"), Set.of());
    var unused =
        paced
            .commit(commit)
            .whenComplete(
                (answer, failure) -> {
                  if (failure == null) {
                    committed++;
                    run(key, rev + 1);
                  } else {
                    loop.schedule(Duration.ofMillis(100), () -> run(key, rev));
                  }
                });
  }

  private void begin() {
    List<CompletableFuture<ProgressItem>> seals = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      var key = Shards.progress("s" + i);
      seals.add(paced.seal(key, Shards.token("ann", 1), "n").toCompletableFuture());
    }
    loop.advance(Duration.ofSeconds(1));
    for (int i = 0; i < RUNS; i++) {
      assertThat(seals.get(i)).isCompleted();
      run(Shards.progress("s" + i), seals.get(i).join().rev());
    }
  }

  @Test
  void commits_slow_down_to_what_the_store_takes_and_most_of_its_capacity_is_used() {
    begin();
    loop.advance(Duration.ofSeconds(2));
    narrow.capacity = CAPACITY_PER_SECOND;
    loop.advance(Duration.ofSeconds(30));
    committed = 0;
    narrow.refused = 0;

    loop.advance(Duration.ofSeconds(60));

    assertThat(committed).isGreaterThan(60 * CAPACITY_PER_SECOND * 6 / 10);
    assertThat(narrow.refused).isLessThan(committed / 10);
    assertThat(paced.commitsPerSecond()).isLessThanOrEqualTo(2 * CAPACITY_PER_SECOND);

    narrow.capacity = Integer.MAX_VALUE;
    loop.advance(Duration.ofSeconds(60));
    assertThat(paced.commitsPerSecond()).isEqualTo(CommitPace.UNLIMITED);
  }

  @Test
  void a_seal_passes_all_commits_that_wait() {
    begin();
    narrow.capacity = 1;
    loop.advance(Duration.ofSeconds(60));
    narrow.capacity = Integer.MAX_VALUE;

    var seal = paced.seal(Shards.progress("late"), Shards.token("ann", 1), "n");
    loop.advance(Duration.ofMillis(20));

    assertThat(seal.toCompletableFuture()).isCompleted();
  }

  @Test
  void the_last_commit_of_a_shard_passes_all_commits_that_wait() {
    var late = Shards.progress("late");
    var seal = paced.seal(late, Shards.token("ann", 1), "n").toCompletableFuture();
    begin();
    narrow.capacity = 1;
    loop.advance(Duration.ofSeconds(60));
    narrow.capacity = Integer.MAX_VALUE;

    var claim = new WriteClaim(late, Shards.token("ann", 1), seal.join().rev(), "n", "last");
    var commit = new CheckpointStore.Commit(claim, Progress.NONE, Shards.parts("state"), Set.of());
    var last = paced.commitLast(commit);
    loop.advance(Duration.ofMillis(20));

    assertThat(last.toCompletableFuture())
        .isCompletedWithValueMatching(answer -> answer instanceof WriteAnswer.Applied);
  }

  @Test
  void no_more_than_the_bound_is_under_way() {
    begin();
    loop.advance(Duration.ofSeconds(5));

    assertThat(narrow.underWayHighest).isEqualTo(PacedCheckpointStore.UNDER_WAY_MAX);
  }
}
