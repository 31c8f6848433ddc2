package io.headrace.checkpoint;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * What an operator wants of a function, with who, when and why. Kept beside the progress of the
 * functions and obeyed by whoever runs the function, now or later.
 *
 * @param number its place in the order in which they were given, from 1
 * @param function the function's name, without its input
 * @param shard empty for all shards
 * @param key a partition key; empty for all keys
 * @param by who gave it; not empty, at most {@link #WORDS_MAX} characters
 * @param reason why; not blank, at most {@link #WORDS_MAX} characters
 */
public record Order(
    long number,
    String function,
    Optional<ShardKey> shard,
    Optional<String> key,
    Deed deed,
    String by,
    Instant at,
    String reason) {
  public static final int WORDS_MAX = 500;

  /** What is to be done. */
  public sealed interface Deed {
    /** The function runs no more in these shards, or sees this key no more, until told to. */
    record Pause() implements Deed {}

    /** Ends the pauses that were given before for these shards, or for this key. */
    record Resume() implements Deed {}

    /** Progress was moved. */
    record Seek(StartingPosition to) implements Deed {}

    /**
     * Passed over: with a key, all of the key up to {@code position}; without, the one record that
     * lies there.
     */
    record Skip(Position position) implements Deed {}
  }

  public Order {
    Objects.requireNonNull(deed, "deed");
    Objects.requireNonNull(at, "at");
    ProgressKey.requireFunction(function);
    if (number < 1) {
      throw new IllegalArgumentException("order " + number + ": numbers begin with 1");
    }
    requireWords("by", by);
    requireWords("reason", reason);
    if (deed instanceof Deed.Skip && shard.isEmpty()) {
      throw new IllegalArgumentException(
          "skip: the shard is missing; a position says something only within its shard");
    }
    if (deed instanceof Deed.Seek && key.isPresent()) {
      throw new IllegalArgumentException(
          "seek: a key has no position of its own; seek the shard, or skip the key");
    }
  }

  private static void requireWords(String what, String words) {
    if (words.isBlank() || words.length() > WORDS_MAX) {
      throw new IllegalArgumentException(
          what + ": must be 1 to " + WORDS_MAX + " characters, and say something");
    }
  }

  /** Whether it concerns the function in this shard. */
  boolean concerns(String function, ShardKey shard) {
    return this.function.equals(function) && this.shard.map(shard::equals).orElse(true);
  }

  /** One line for the operator, without the number. */
  @Override
  public String toString() {
    var what =
        deed instanceof Deed.Pause
            ? "pause"
            : deed instanceof Deed.Resume
                ? "resume"
                : deed instanceof Deed.Seek seek
                    ? "seek to " + text(seek.to())
                    : "skip " + (key.isEmpty() ? "" : "up to ") + ((Deed.Skip) deed).position();
    return what
        + " of "
        + function
        + shard.map(s -> " in " + s).orElse("")
        + key.map(k -> ", key " + k).orElse("")
        + " by "
        + by
        + " at "
        + at
        + ": "
        + reason;
  }

  /** As operators write it. */
  public static String text(StartingPosition to) {
    if (to instanceof StartingPosition.AtTimestamp at) {
      return at.time().toString();
    }
    return to instanceof StartingPosition.After after
        ? after.position().toString()
        : "TRIM_HORIZON";
  }
}
