package io.headrace.checkpoint;

import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * Which records of which functions lie in dead letters, and their payloads. Sinks take no fence, so
 * what lies in one may come from a worker that had lost the shard; the ledger lets only the owner
 * write, so a letter counts when it is in here and not otherwise. Calls never block, may come from
 * any thread, and stages complete on any thread; they fail with {@link
 * io.headrace.kcl.CheckpointException}. A call that failed may have been carried out, and may be
 * made again.
 */
public interface LetterLedger {
  /** How many letters go into one call. */
  int BATCH_MAX = 16;

  /**
   * Who may write: the one whose token holds the progress item of the function in a shard that is
   * not ended. A shard's letters may be struck by the owner of one of its descendants.
   */
  record Fence(ProgressKey key, LeaseToken token) {
    public Fence {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(token, "token");
    }
  }

  /** A letter with its payload; the array is not copied and must not change. */
  record Entry(Letter letter, byte[] payload) {
    public Entry {
      Objects.requireNonNull(letter, "letter");
      if (payload.length != letter.payloadBytes()) {
        throw new IllegalArgumentException(
            "letter " + letter.id() + ": its payload has " + payload.length + " bytes");
      }
    }
  }

  /**
   * What a look brought.
   *
   * @param letters by shard, then in the shard's order
   * @param faults one sentence for each item that can't be read, with its key and attribute
   */
  record Found(List<Letter> letters, List<String> faults) {
    public Found {
      letters = List.copyOf(letters);
      faults = List.copyOf(faults);
    }
  }

  /**
   * Enters letters, all or none; one that is there is replaced.
   *
   * @param entries at most {@link #BATCH_MAX}
   * @return false when the fence does not hold
   */
  CompletionStage<Boolean> enter(Fence fence, List<Entry> entries);

  /**
   * Strikes letters out, all or none; harmless when they are gone.
   *
   * @param letters at most {@link #BATCH_MAX}
   * @return false when the fence does not hold
   */
  CompletionStage<Boolean> strike(Fence fence, List<Letter.Id> letters);

  /** The letters of one shard behind a position, or all of it, as they are now. */
  CompletionStage<Found> ofShard(ProgressKey place, Optional<Position> behind);

  /**
   * Letters of a function, as they are now.
   *
   * @param function as in {@link ProgressKey#function}
   * @param wanted asked on any thread as they are read, so that no more than these are held
   */
  CompletionStage<Found> ofFunction(String function, Predicate<Letter> wanted);

  /** All letters of a function, as they are now. */
  default CompletionStage<Found> ofFunction(String function) {
    return ofFunction(function, letter -> true);
  }

  /** The record's bytes; empty when there is no such letter any more. */
  CompletionStage<Optional<byte[]>> payload(Letter.Id letter);
}
