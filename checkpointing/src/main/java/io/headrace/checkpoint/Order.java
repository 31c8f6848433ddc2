package io.headrace.checkpoint;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * What an operator wants of a function, with who, when and why. Kept beside the progress of the
 * functions and obeyed by whoever runs the function, now or later.
 *
 * @param number its place in the order in which they were given, from 1
 * @param function the function's name, without its input
 * @param shard empty for all shards
 * @param key a partition key, not empty; absent for all keys
 * @param by who gave it; one line, not blank, at most {@link #WORDS_MAX} characters
 * @param reason why; one line, not blank, at most {@link #WORDS_MAX} characters
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
    /** The word for it: {@code pause}, {@code resume}, {@code seek} and so on. */
    default String word() {
      return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /** The function runs no more in these shards, or sees this key no more, until told to. */
    record Pause() implements Deed {}

    /** Ends the pauses that were given before for these shards, or for this key. */
    record Resume() implements Deed {}

    /**
     * Progress is about to be moved; {@link Anew} says that it was.
     *
     * @param to for a copy of the function's state, when that was taken
     * @param with the state with which it goes on, as {@code snapshot:name}: each shard where that
     *     was; empty for none
     */
    record Seek(StartingPosition to, Optional<String> with) implements Deed {
      public Seek(StartingPosition to) {
        this(to, Optional.empty());
      }
    }

    /**
     * All that the function keeps of a partition key is taken away, once.
     *
     * @param hash of the partition key, as shards are split by: an order is kept for long, and must
     *     not hold what it is to erase
     */
    record Erase(BigInteger hash) implements Deed {}

    /**
     * Dead letters are played again by the owners of their keys, each once by this order. Of a
     * letter's shard is meant the one in which its record lay.
     *
     * @param code only letters under this one
     * @param since only those that failed at this moment or later
     * @param until only those that failed before this one; those that fail after the order was
     *     given are never meant
     * @param perSecond how many a second and shard at most; 0 for no bound
     */
    record Redrive(
        Optional<String> code, Optional<Instant> since, Optional<Instant> until, int perSecond)
        implements Deed {
      public static final int PER_SECOND_MAX = 100_000;

      public Redrive {
        if (perSecond < 0 || perSecond > PER_SECOND_MAX) {
          throw new IllegalArgumentException(
              "redrive of " + perSecond + " a second: must be 0 to " + PER_SECOND_MAX);
        }
      }

      /** Whether a letter of the function is meant, of whatever shard and key. */
      public boolean wants(Letter letter) {
        return code.map(letter.code()::equals).orElse(true)
            && since.map(from -> !letter.failedAt().isBefore(from)).orElse(true)
            && until.map(letter.failedAt()::isBefore).orElse(true);
      }
    }

    /** Whoever runs the function begins anew, from what its progress says by now. */
    record Anew() implements Deed {}

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
    if (key.filter(String::isEmpty).isPresent()) {
      throw new IllegalArgumentException("key: is empty, and no record has an empty key");
    }
    if (deed instanceof Deed.Skip && shard.isEmpty()) {
      throw new IllegalArgumentException(
          "skip: the shard is missing; a position says something only within its shard");
    }
    if (deed instanceof Deed.Erase && (key.isPresent() || shard.isPresent())) {
      throw new IllegalArgumentException(
          "erase: names a key by its hash only, which says in which shard it lies");
    }
    if (deed instanceof Deed.Seek && key.isPresent()) {
      throw new IllegalArgumentException(
          "seek: a key has no position of its own; seek the shard, or skip the key");
    }
  }

  private static void requireWords(String what, String words) {
    if (words.isBlank()
        || words.length() > WORDS_MAX
        || words.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          what + ": must be 1 to " + WORDS_MAX + " characters in one line, and say something");
    }
  }

  /** The same, of another function. */
  Order of(String other) {
    return new Order(number, other, shard, key, deed, by, at, reason);
  }

  /** Whether it is a redrive of this letter, and has not played it yet. */
  public boolean redrives(Letter letter) {
    return deed instanceof Deed.Redrive redrive
        && redrive.wants(letter)
        && letter.order() < number
        && !letter.failedAt().isAfter(at)
        && shard.map(letter.id().place().shard()::equals).orElse(true)
        && key.map(letter.key()::equals).orElse(true);
  }

  /** Whether it concerns the function in this shard. */
  boolean concerns(String function, ShardKey shard) {
    return this.function.equals(function) && this.shard.map(shard::equals).orElse(true);
  }

  /** One line for the operator, without the number. */
  @Override
  public String toString() {
    return what()
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

  private String what() {
    if (deed instanceof Deed.Seek seek) {
      return "seek to " + text(seek.to()) + seek.with().map(state -> " with " + state).orElse("");
    }
    if (deed instanceof Deed.Erase erase) {
      return "erasure of key hash " + erase.hash().toString(16);
    }
    if (deed instanceof Deed.Skip skip) {
      return "skip " + (key.isEmpty() ? "" : "up to ") + text(skip.position());
    }
    if (deed instanceof Deed.Redrive redrive) {
      return "redrive of letters"
          + redrive.code().map(code -> " under " + code).orElse("")
          + redrive.since().map(since -> " since " + since).orElse("")
          + redrive.until().map(until -> " until " + until).orElse("")
          + (redrive.perSecond() == 0 ? "" : ", " + redrive.perSecond() + " a second");
    }
    return deed.word();
  }

  /** As operators write it: a record as a whole is named by its sequence number alone. */
  public static String text(Position position) {
    return position.subSequence() == Long.MAX_VALUE
        ? position.sequence().value()
        : position.toString();
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
