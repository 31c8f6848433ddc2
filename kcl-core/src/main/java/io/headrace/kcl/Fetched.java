package io.headrace.kcl;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a fetch brought. */
public sealed interface Fetched {
  /**
   * Records in order, perhaps none.
   *
   * @param behind how far the place read lies behind the tip of the shard; zero at the tip
   * @param heard whether the stream said so now; else nothing was heard for a while, and {@code
   *     behind} is of before: who waits for a silent shard must not count that
   */
  record Records(List<StreamRecord> records, Duration behind, boolean heard) implements Fetched {
    public Records {
      records = List.copyOf(records);
    }

    public Records(List<StreamRecord> records, Duration behind) {
      this(records, behind, true);
    }
  }

  /**
   * The stream had trimmed what was to be read: records may be lost, by the stream and not by us.
   * Reading goes on behind the gap.
   *
   * @param after the position that was asked for
   * @param resumesAt the first record that is left; null when there is none yet
   */
  record Gap(Position after, @Nullable Position resumesAt) implements Fetched {}

  /**
   * The shard was split or merged and is read to its end.
   *
   * @param children with the merge's child named at both parents
   */
  record End(List<Shard> children) implements Fetched {
    public End {
      children = List.copyOf(children);
    }
  }
}
