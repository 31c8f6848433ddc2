package io.headrace.local.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.engine.Change;
import io.headrace.local.engine.ConsumerState;
import io.headrace.local.engine.ConsumerStatus;
import io.headrace.local.engine.HashKey;
import io.headrace.local.engine.HashRange;
import io.headrace.local.engine.Labels;
import io.headrace.local.engine.PendingChange;
import io.headrace.local.engine.RecentChanges;
import io.headrace.local.engine.ShardMetric;
import io.headrace.local.engine.ShardState;
import io.headrace.local.engine.StreamKey;
import io.headrace.local.engine.StreamMode;
import io.headrace.local.engine.StreamOptions;
import io.headrace.local.engine.StreamState;
import io.headrace.local.engine.StreamStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonStateFormatTest {
  private static final StreamOptions OPTIONS =
      new StreamOptions(
          StreamMode.ON_DEMAND, 8760, "alias/ü", Set.of(ShardMetric.values()), 10_240, 7);
  private static final List<Change> CHANGES =
      List.of(
          new Change.Create(4),
          new Change.Delete(),
          new Change.Split(3, new HashKey(-1, 5)),
          new Change.Merge(1, 2),
          new Change.Update(OPTIONS, 9));

  private final JsonStateFormat format = new JsonStateFormat();

  @Test
  void a_state_with_everything_in_it_is_read_back_as_it_was_written() {
    assertThat(format.read(format.write(state(null)))).isEqualTo(state(null));
  }

  @Test
  void so_is_every_change_that_may_be_under_way() {
    assertThat(CHANGES)
        .extracting(change -> (Object) change.getClass())
        .containsExactlyInAnyOrder((Object[]) Change.class.getPermittedSubclasses());
    for (Change change : CHANGES) {
      StreamState state = state(new PendingChange(change, 1_234_567_890_123L));

      assertThat(format.read(format.write(state))).isEqualTo(state);
    }
  }

  @Test
  void what_another_version_wrote_is_refused_and_never_half_understood() {
    String json = new String(format.write(state(null)), StandardCharsets.UTF_8);

    for (String other :
        List.of(
            json.replace("\"retentionHours\":8760,", ""),
            json.replace("\"retentionHours\":8760", "\"retentionHours\":null"),
            json.replace("\"retentionHours\"", "\"news\":1,\"retentionHours\""),
            json.substring(0, json.length() / 2),
            json + "{}",
            "")) {
      assertThat(other).isNotEqualTo(json);
      assertThatThrownBy(() -> format.read(other.getBytes(StandardCharsets.UTF_8)))
          .as(other)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static StreamState state(@Nullable PendingChange pending) {
    Labels labels = new Labels(new TreeMap<>(Map.of("a", "1", "ü", "\"")), "{\"Version\":\"x\"}");
    return new StreamState(
        new StreamKey("123456789012", "eu-west-1", "Orders"),
        1_700_000_000_123L,
        OPTIONS,
        labels,
        new RecentChanges(Map.of(RecentChanges.Counted.MODE, List.of(1L, 2L))),
        StreamStatus.UPDATING,
        pending,
        3,
        List.of(
            new ShardState(
                1, new HashRange(new HashKey(0, 0), new HashKey(-1, -1)), 0, -1, 5, 6, 7),
            new ShardState(
                2, new HashRange(new HashKey(0, 0), new HashKey(9, 9)), -1, -1, 5, 6, -1)),
        List.of(
            new ConsumerState("fast", 8, labels, ConsumerStatus.ACTIVE, Long.MAX_VALUE),
            new ConsumerState("new", 9, Labels.NONE, ConsumerStatus.CREATING, 10)));
  }
}
