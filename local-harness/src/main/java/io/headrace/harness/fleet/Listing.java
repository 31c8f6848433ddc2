package io.headrace.harness.fleet;

import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/**
 * What a simulated stream answers to the question for its shards: all that it has not forgotten, or
 * what it would have answered a while ago. On the world's loop only.
 */
final class Listing {
  private static final int ANSWERS_MAX = 4;

  private final InMemoryStream stream;
  private final RandomGenerator random;
  private final Set<ShardId> forgotten = new HashSet<>();
  private final Deque<List<Shard>> answers = new ArrayDeque<>();

  Listing(InMemoryStream stream, RandomGenerator random) {
    this.stream = stream;
    this.random = random;
    remember();
  }

  /** To be called after each split and merge. */
  void remember() {
    answers.addLast(now());
    if (answers.size() > ANSWERS_MAX) {
      answers.removeFirst();
    }
  }

  /** The retention of a closed shard's records is over: it is not named any more. */
  void forget(ShardId shard) {
    forgotten.add(shard);
    remember();
  }

  CompletionStage<List<Shard>> shards(boolean old) {
    if (!old) {
      return CompletableFuture.completedFuture(now());
    }
    return CompletableFuture.completedFuture(
        answers.stream().skip(random.nextInt(answers.size())).findFirst().orElseThrow());
  }

  private List<Shard> now() {
    return stream.shardsNow().stream().filter(shard -> !forgotten.contains(shard.id())).toList();
  }
}
