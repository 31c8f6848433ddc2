package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.checkpoint.state.StateHome;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.loop.SimulatedLoop;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SeenIdsTest {
  private static final int IDS_MAX = 10;
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final StateSpace space =
      new StateSpace(
          new StateHome(
              "function f, shard s",
              HashRange.ALL,
              "app/f/s/",
              "app/f/s/1.0.",
              "seen",
              new InMemoryChunkStore(1 << 20),
              new StateCache(1 << 20),
              loop,
              loop),
          (chunk, bytes) -> {
            throw new AssertionError(chunk);
          },
          (key, one, other) -> one);
  private final SeenIds seen = new SeenIds(Duration.ofHours(1), space, IDS_MAX);

  /** As two parents left them, each with as many as a shard remembers. */
  private static Map<EntryKey, StateValue> ofTwoParents() {
    Map<EntryKey, StateValue> all = new HashMap<>();
    for (int i = 0; i < 2 * IDS_MAX; i++) {
      byte[] at = Position.of(i).toString().getBytes(UTF_8);
      var value = ByteBuffer.allocate(Long.BYTES + at.length);
      value.putLong(START.plusMillis(i).toEpochMilli()).put(at);
      all.put(EntryKey.of("k" + i, "id" + i, EntryKind.SEEN), StateValue.of(value.array(), 1));
    }
    return all;
  }

  private static StreamRecord record(int number) {
    return new StreamRecord(Position.of(100 + number), "k", START.plusSeconds(number), new byte[0]);
  }

  @Test
  void what_two_parents_remember_becomes_as_few_as_one_shard_keeps() {
    seen.restoring(ofTwoParents()).run();
    assertThat(seen.size()).isEqualTo(2 * IDS_MAX);
    for (int i = 0; i <= IDS_MAX; i++) {
      assertThat(seen.isNew(record(i), "new-" + i)).isTrue();
    }
    assertThat(seen.size()).isEqualTo(IDS_MAX);
    assertThat(seen.isNew(record(IDS_MAX + 1), "new-" + IDS_MAX)).as("a duplicate").isFalse();
  }
}
