package io.headrace.checkpoint;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.StartingPosition;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * Where progress items are kept. Holds no state but its connection; calls never block, may come
 * from any thread, and stages complete on any thread.
 *
 * <p>A stage fails with {@link io.headrace.kcl.CheckpointException}, whose message names store and
 * item. A failed write may have been applied, or may be later: sending the very same write again is
 * always safe, and its answer tells what became of it.
 */
public interface CheckpointStore {
  /**
   * Where a function begins in shards that have no history: {@code proposed} when nobody was
   * quicker, else what was stored first. The same for all workers and for ever.
   */
  CompletionStage<StartingPosition> startOf(String function, StartingPosition proposed);

  /**
   * Makes {@code token} the only one that may commit, unless the item is ended or was sealed with
   * this or a newer token; makes the item when there is none. To seal again with the token that
   * holds the item is only a read.
   *
   * @param nonce kept if the item had none
   * @return the item as it is now: the seal has succeeded when it bears the token; fails with
   *     {@link TakenOverException} when another function has it
   */
  CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce);

  /**
   * Before a function that had other names runs in a shard: gives it all that one of these has
   * there, in one write, after which that name can neither seal nor commit. Nothing is done where
   * it has begun already, but that parents which a former name has ended count for it, too. May be
   * repeated.
   *
   * <p>What a name lost to another by this can be taken back in the same way.
   *
   * @return fails with {@link TakenOverException} when a newer token holds what was to be taken
   */
  CompletionStage<Void> takeOver(TakeOver takeOver);

  /** Stores how far the function is, in one write. */
  CompletionStage<WriteAnswer> commit(Commit commit);

  /**
   * As {@link #commit}, for a shard that stands still until this is stored: a store that puts
   * commits off lets it pass.
   */
  default CompletionStage<WriteAnswer> commitLast(Commit commit) {
    return commit(commit);
  }

  /** Ends the shard for the function and tells its children, all or nothing. */
  CompletionStage<WriteAnswer> end(End end);

  /** The operator's side of the same items. */
  OperatorStore operator();

  /** The dead letters of the same functions, which only those may write who may commit. */
  LetterLedger letters();

  /**
   * What a function takes over.
   *
   * @param formers names under which progress was kept, the latest first; not empty
   * @param token of the lease under which it is to run
   */
  record TakeOver(ProgressKey key, List<String> formers, LeaseToken token) {
    public TakeOver {
      formers = List.copyOf(formers);
      if (formers.isEmpty() || formers.contains(key.function())) {
        throw new IllegalArgumentException(
            key + " can't take over from " + formers + ": name others, and at least one");
      }
    }
  }

  /** What an owner writes: sent again as it is when the answer is lost. */
  sealed interface Write {
    WriteClaim claim();

    Progress progress();
  }

  /**
   * A commit.
   *
   * @param takenOver parents whose parts are now held in {@code parts}; they have an entry
   */
  record Commit(WriteClaim claim, Progress progress, CommitParts parts, Set<ShardId> takenOver)
      implements Write {
    public Commit {
      takenOver = StableCopy.of(takenOver);
    }
  }

  /**
   * The last commit of a shard.
   *
   * @param left what each child is given
   * @param formers names that the function had: they are told in the children as well, in case one
   *     of them runs there
   */
  record End(
      WriteClaim claim,
      Progress progress,
      EndedParent left,
      List<Shard> children,
      List<String> formers)
      implements Write {
    public End {
      children = List.copyOf(children);
      formers = List.copyOf(formers);
    }

    /** Of a function that always had this name. */
    public End(WriteClaim claim, Progress progress, EndedParent left, List<Shard> children) {
      this(claim, progress, left, children, List.of());
    }

    /** What in the children is told of it. */
    public List<ProgressKey> told() {
      var own = claim.key();
      return children.stream()
          .flatMap(
              child ->
                  Stream.concat(Stream.of(own.function()), formers.stream())
                      .map(name -> own.in(child.id()).named(name)))
          .toList();
    }
  }
}
