package io.headrace.lease;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Objects;

/**
 * Why a lease is where it is: kept in its row for operators, and obeyed by nobody.
 *
 * @param at when the row was written, by the clock of the writer
 * @param detail who was involved, or what failed; empty where the kind says all; cut to {@link
 *     #DETAIL_MAX} characters
 */
public record LeaseReason(Kind kind, Instant at, String detail) {
  static final int DETAIL_MAX = 200;

  /** What happened to the lease last. */
  public enum Kind {
    /** Nobody had it. */
    CLAIMED_FREE("claimed free"),
    /** Its owner was buried, had departed or was replaced. */
    CLAIMED_FROM_GONE("claimed from"),
    /** It named its owner already: a claim or hand-over whose answer was lost. */
    CLAIMED_AGAIN("claimed again"),
    /** The giver held more than its share. */
    MOVED_FOR_BALANCE("moved for balance from"),
    /** The giver was leaving. */
    HANDED_OVER_AT_STOP("handed over at stop by"),
    /** Who was to have it did not take it. */
    TAKEN_BACK("taken back from"),
    /** Its owner left and nobody was there to take it. */
    RELEASED("released by"),
    /** A function made no progress, so it begins anew where it was. */
    RESTARTED("restarted"),
    /** It can't go on at its last owner's. */
    GIVEN_UP("given up"),
    /** All functions have ended the shard. */
    ENDED("ended");

    private final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  public LeaseReason {
    Objects.requireNonNull(kind, "kind");
    at = Instant.ofEpochSecond(at.getEpochSecond());
    detail = detail.substring(0, Math.min(detail.length(), DETAIL_MAX));
  }

  /** As stored: kind, time and detail with a blank between them. */
  public String text() {
    return (kind + " " + at + " " + detail).strip();
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  public static LeaseReason parse(String text) {
    var words = text.split(" ", 3);
    try {
      return new LeaseReason(
          Kind.valueOf(words[0]),
          Instant.parse(words.length > 1 ? words[1] : ""),
          words.length > 2 ? words[2] : "");
    } catch (IllegalArgumentException | DateTimeParseException wrong) {
      throw new IllegalArgumentException(
          "reason \"" + text + "\": must be a kind, a time and a detail", wrong);
    }
  }

  /** For the operator, without the time. */
  @Override
  public String toString() {
    return kind == Kind.GIVEN_UP || kind == Kind.RESTARTED
        ? kind.words + ": " + detail
        : (kind.words + " " + detail).strip();
  }
}
