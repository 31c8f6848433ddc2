package io.headrace.kcl;

import java.util.Objects;

/**
 * The right to commit for a shard. Leases hand it out, progress items are sealed with it; it is all
 * that the two know of each other.
 *
 * @param epoch rises with each start of consumption of the shard, also a local restart
 */
public record LeaseToken(Incarnation owner, long epoch) {
  public LeaseToken {
    Objects.requireNonNull(owner, "owner");
    if (epoch < 1) {
      throw new IllegalArgumentException("epoch " + epoch + ": must be at least 1");
    }
  }

  /** Reads what {@link #toString} wrote. */
  public static LeaseToken parse(String text) {
    int bang = text.lastIndexOf('!');
    if (bang < 0) {
      throw new IllegalArgumentException("lease token \"" + text + "\": must be worker#life!epoch");
    }
    return new LeaseToken(
        Incarnation.parse(text.substring(0, bang)), Long.parseLong(text.substring(bang + 1)));
  }

  /** {@code worker#life!epoch}. */
  @Override
  public String toString() {
    return owner + "!" + epoch;
  }
}
