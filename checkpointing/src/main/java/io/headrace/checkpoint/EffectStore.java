package io.headrace.checkpoint;

import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/**
 * Which effects outside were performed for which records, and what they answered. Of two that claim
 * an effect, the one with the higher fencing token has it, so an owner that has lost its shard
 * records nothing over its successor's head. Calls never block, may come from any thread, and
 * stages complete on any thread; they fail with {@link io.headrace.kcl.CheckpointException}, may
 * have been carried out then, and may be made again.
 */
public interface EffectStore {
  /** What an effect may answer. */
  int RESULT_BYTES_MAX = 350 << 10;

  /**
   * Names an effect for ever.
   *
   * @param record the record because of which it is performed, and for whom
   * @param effect which of the record's effects
   */
  record Key(String record, String effect) {
    public Key {
      requireWord("record", record);
      requireWord("effect", effect);
    }

    private static void requireWord(String what, String word) {
      if (Objects.requireNonNull(word, what).isEmpty() || word.length() > 500) {
        throw new IllegalArgumentException(
            what + " of an effect: must be 1 to 500 characters, has " + word.length());
      }
    }
  }

  /** What became of a claim. */
  sealed interface Claim {
    /** The effect is the caller's to perform; it may have been performed before, unrecorded. */
    record Granted() implements Claim {}

    /** It was performed, and answered this. */
    record Recorded(byte[] result) implements Claim {}

    /** Somebody with a higher token has claimed it. */
    record Superseded(long token) implements Claim {}
  }

  /**
   * Claims an effect that is to be performed.
   *
   * @param token of the caller, which never falls for a record's key
   * @param expires when the claim may be forgotten, never before
   */
  CompletionStage<Claim> claim(Key key, long token, Instant expires);

  /**
   * Records what an effect answered, under a claim that was granted.
   *
   * @return what counts: {@code Recorded} with this result, or with the first one where there is
   *     another, or {@code Superseded}
   */
  CompletionStage<Claim> record(Key key, long token, byte[] result, Instant expires);

  /** Refuses a result that no store takes. */
  static void requireResult(byte[] result) {
    if (result.length > RESULT_BYTES_MAX) {
      throw new IllegalArgumentException(
          "result of "
              + result.length
              + " bytes: at most "
              + RESULT_BYTES_MAX
              + " are recorded; record where it lies instead");
    }
  }
}
