package io.headrace.harness.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.checkpoint.state.StateHome;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.SimulatedLoop;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class CommittedTimeTest {
  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final StateSpace space =
      new StateSpace(
          new StateHome(
              "function f, shard s",
              HashRange.ALL,
              "app/f/s/",
              "app/f/s/1.0.",
              "state",
              chunks,
              new StateCache(1 << 20),
              loop,
              loop),
          (chunk, bytes) -> {
            throw new CheckpointException(chunk + ": no former chunk was written");
          },
          (key, one, other) -> one);

  /** So much beside the runs that the root is a chunk. */
  private static final byte[] LARGE = new byte[600];

  private CommitParts commitAt(long second, String key) {
    space.note("large", LARGE);
    space.note(
        "clock",
        ByteBuffer.allocate(28)
            .putInt(0x4844434c)
            .putInt(1)
            .putLong(second)
            .putInt(0)
            .putInt(0)
            .putInt(0)
            .array());
    space.put(EntryKey.of(key, key, EntryKind.STATE), StateValue.of(new byte[5], 1));
    var taken = new AtomicReference<CommitParts>();
    var unused = space.snapshot().thenAccept(taken::set);
    loop.advance(Duration.ofSeconds(1));
    space.committed(taken.get());
    return taken.get();
  }

  private static Instant of(CommitParts parts, InMemoryChunkStore chunks) {
    return CommittedTime.of(parts, chunks).orElseThrow().watermark();
  }

  @Test
  void event_time_is_the_one_of_the_last_commit_wherever_that_has_it() {
    for (int second = 1; second < 30; second++) {
      var parts = commitAt(second, "key-" + second);
      assertThat(of(parts, chunks)).isEqualTo(Instant.ofEpochSecond(second));
      var changed = CommittedTime.changed(parts, chunks, time -> time.at(Instant.EPOCH));
      assertThat(of(changed, chunks)).isEqualTo(Instant.EPOCH);
    }
  }

  @Test
  void a_commit_of_another_format_is_refused() {
    byte[] part = commitAt(1, "a").parts().get("state").clone();
    part[4] = 9;
    assertThatThrownBy(() -> CommittedTime.of(CommitParts.of("state", part), chunks))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("format 9");
  }
}
