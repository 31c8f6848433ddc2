package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.CommitParts;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class StateSweepTest {
  /** More than rides in a commit. */
  /** However short it is when packed, so much never rides in a commit. */
  private static final String LARGE = "x".repeat(9_000);

  private static final long SWEPT_BY_MILLIS = 180_000;

  private final CountingChunks chunks = new CountingChunks();
  private final Rig rig = rig();

  private Rig rig() {
    var made =
        new Rig(
            1,
            Rig.reading()
                .keyedBy(Keys.partitionKey(), new Texts())
                .handledBy(KeyedHandlerTest.Appending::new, Destination.nowhere()));
    made.chunks = chunks;
    return made.start().restore();
  }

  private void committed(String key, String value) {
    rig.put(key, value);
    rig.drain();
    rig.commit();
    rig.advance(10);
  }

  /** A snapshot is stored, and its commit never comes. */
  private void crashedBeforeItsCommit(String key, String value) {
    rig.put(key, value);
    rig.drain();
    var unused = rig.handler().snapshot();
    rig.advance(10);
    rig.crash();
  }

  @Test
  void what_a_crashed_run_stored_and_never_committed_is_swept_and_what_is_committed_is_not() {
    committed("a", LARGE);
    var before = new HashSet<>(chunks.names());
    crashedBeforeItsCommit("b", LARGE);
    var left = new HashSet<>(chunks.names());
    left.removeAll(before);
    assertThat(left).isNotEmpty();

    rig.advance(SWEPT_BY_MILLIS);

    assertThat(chunks.names()).doesNotContainAnyElementsOf(left).containsAll(before);
    rig.crash();
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.outputs.values()).contains("a:" + LARGE + "1");
  }

  @Test
  void what_a_run_stores_while_it_sweeps_stays_whether_it_is_committed_or_not() {
    committed("a", LARGE);
    rig.crash();
    rig.put("b", LARGE);
    rig.drain();
    var unused = rig.handler().snapshot();
    rig.advance(10);
    var stored = List.copyOf(chunks.names());

    rig.advance(SWEPT_BY_MILLIS);

    assertThat(chunks.names()).containsAll(stored);
    rig.commit();
    rig.advance(10);
    rig.crash();
    rig.put("b", "1");
    rig.drain();
    assertThat(rig.outputs.values()).contains("b:" + LARGE + "1");
  }

  /** It may be anything: a list of parked keys, or of a version to come. */
  @Test
  void what_is_not_named_as_state_stays() {
    committed("a", LARGE);
    var state =
        chunks.names().stream().filter(name -> name.contains(".s")).findFirst().orElseThrow();
    var directory = state.substring(0, state.lastIndexOf('/') + 1);
    var others = List.of(directory + "0.1f.7", directory + "0.1f.t7", directory + "0.1f.s7/x");
    others.forEach(name -> chunks.put(name, new byte[1]).toCompletableFuture().join());
    chunks.put(directory + "0.1f.s7", new byte[1]).toCompletableFuture().join();

    rig.crash();
    rig.advance(SWEPT_BY_MILLIS);

    assertThat(chunks.names()).containsAll(others).doesNotContain(directory + "0.1f.s7");
  }

  @Test
  void what_was_seen_of_shards_upstream_is_swept_unless_the_commit_names_it() {
    committed("a", LARGE);
    var state =
        chunks.names().stream().filter(name -> name.contains(".s")).findFirst().orElseThrow();
    var directory = state.substring(0, state.lastIndexOf('/') + 1);
    var named = new StateRoot(directory + "0.1f.c7", 1);
    var crashed = directory + "0.2e.c1";
    chunks.put(named.chunk(), new byte[1]).toCompletableFuture().join();
    chunks.put(crashed, new byte[1]).toCompletableFuture().join();
    var parts =
        DuplicateGate.together(rig.commit.parts().get(0), named.parts(ThroughReceiver.PART));
    rig.commit = new Rig.Commit(rig.commit.settled(), List.of(parts));

    rig.crash();
    rig.advance(SWEPT_BY_MILLIS);

    assertThat(chunks.names()).contains(state, named.chunk()).doesNotContain(crashed);
  }

  /** As a seek to no state does: nothing names what was there. */
  @Test
  void after_a_seek_to_no_state_the_former_state_is_swept() {
    committed("a", LARGE);
    var former = List.copyOf(chunks.names());
    rig.commit = new Rig.Commit(rig.commit.settled(), List.of(CommitParts.NONE));

    rig.crash();
    rig.advance(SWEPT_BY_MILLIS);

    assertThat(former).isNotEmpty();
    assertThat(chunks.names()).doesNotContainAnyElementsOf(former);
  }
}
