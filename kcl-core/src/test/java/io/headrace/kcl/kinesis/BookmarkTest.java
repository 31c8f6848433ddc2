package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StartingPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class BookmarkTest {
  private static final Place PLACE = new Place("orders", "here");
  private static final Shard SHARD = Shard.root("shard-0");
  private static final long LONG_AFTER = KinesisCursor.KEPT_AT_LEAST.plusMinutes(1).toNanos();

  private final Bookmark bookmark = new Bookmark(SHARD, PLACE, StartingPosition.TRIM_HORIZON);

  @Test
  void goes_on_at_the_continuation_as_long_as_all_behind_it_is_certainly_kept() {
    push(1);
    bookmark.received("5");
    bookmark.tip(0);

    assertThat(bookmark.subscribedFrom(1).sequenceNumber()).isEqualTo("5");
    assertThat(bookmark.subscribedFrom(LONG_AFTER).sequenceNumber())
        .as("to meet it, or to tell that it is gone")
        .isEqualTo("1");
    assertThat(bookmark.gapBefore(page(7))).isNotNull();
  }

  @Test
  void goes_on_at_the_continuation_where_nothing_was_handed_over() {
    bookmark.received("5");

    assertThat(bookmark.subscribedFrom(LONG_AFTER).type())
        .isEqualTo(ShardIteratorType.AT_SEQUENCE_NUMBER);
    assertThat(bookmark.subscribedFrom(LONG_AFTER).sequenceNumber()).isEqualTo("5");
  }

  @Test
  void a_page_that_was_cut_is_not_the_tip_however_little_it_lies_behind() {
    var answer = new Fetched.Records(page(1).records(), Duration.ZERO);
    bookmark.polled(answer, false, 0);
    assertThat(bookmark.mayHaveMissed(1)).isTrue();

    bookmark.polled(answer, true, 0);
    assertThat(bookmark.mayHaveMissed(1)).isFalse();
  }

  private void push(long sequence) {
    bookmark.handedOver(page(sequence).records());
  }

  private Page page(long sequence) {
    return Page.read(
        List.of(ScriptedKinesis.record(sequence, new byte[1])),
        bookmark.wanted(1_000),
        Instant.EPOCH);
  }
}
