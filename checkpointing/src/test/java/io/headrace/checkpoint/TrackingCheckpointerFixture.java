package io.headrace.checkpoint;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static io.headrace.checkpoint.Shards.at;
import static io.headrace.checkpoint.Shards.key;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Checkpointer;
import io.headrace.kcl.CommitOutcome;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Resumption;
import io.headrace.kcl.Shard;
import io.headrace.kcl.Start;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;

/** Workers with checkpointers on one loop, behind one bad network. */
abstract class TrackingCheckpointerFixture {
  static final Instant BEGIN = Instant.parse("2026-05-01T12:00:00Z");
  static final LeaseToken ANN = token("ann", 1);
  static final LeaseToken BOB = token("bob", 2);

  final SimulatedLoop loop = new SimulatedLoop(1).startingAt(BEGIN);
  final InMemoryCheckpointStore store = new InMemoryCheckpointStore();
  final LossyStore network = new LossyStore(store);
  private final SplittableRandom random = new SplittableRandom(7);

  final Checkpointer open(String shard, LeaseToken token) {
    return open(Start.HORIZON, shard(shard), token);
  }

  final Checkpointer open(Start start, Shard shard, LeaseToken token) {
    return factory(start).open(key(shard.id().value()), shard, token);
  }

  /** As one worker has it. */
  final Checkpointer.Factory factory(Start start) {
    var policy = new CheckpointPolicy(Duration.ofSeconds(5), 3);
    return TrackingCheckpointer.factory(network, "totals", start, policy, loop, random);
  }

  static void run(Checkpointer checkpointer, long... sequences) {
    for (long sequence : sequences) {
      assertThat(checkpointer.begin(at(sequence))).isTrue();
    }
  }

  /** One record, from beginning to commit. */
  final CommitOutcome commitOne(Checkpointer checkpointer, long sequence) {
    run(checkpointer, sequence);
    checkpointer.settled(at(sequence));
    return commit(checkpointer, CommitParts.NONE);
  }

  final Resumption seal(Checkpointer checkpointer) {
    return done(checkpointer.seal());
  }

  final Resumption.Ready ready(Checkpointer checkpointer) {
    return (Resumption.Ready) seal(checkpointer);
  }

  final CommitOutcome commit(Checkpointer checkpointer, CommitParts parts) {
    return done(checkpointer.commit(checkpointer.capture(), parts));
  }

  final CommitOutcome end(Checkpointer checkpointer, Shard... children) {
    return done(checkpointer.end(parts("a"), List.of(children)));
  }

  /** What is stored of a shard, read by a seal that is refused. */
  final ProgressItem stored(String shard) {
    return answer(store.seal(progress(shard), token("nobody", 1), "n"));
  }

  /** The answer, which must come on the loop and in a later turn. */
  final <T> T done(CompletionStage<T> stage) {
    var onLoop = new ArrayList<Boolean>();
    stage.whenComplete((value, fault) -> onLoop.add(loop.isCurrent()));
    loop.runUntilIdle();
    assertThat(onLoop).containsExactly(true);
    return answer(stage);
  }

  final Throwable fault(CompletionStage<?> stage) {
    loop.runUntilIdle();
    return Optional.ofNullable(faultOf(stage)).orElseThrow();
  }
}
