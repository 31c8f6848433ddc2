package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.CheckpointStore.Commit;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.checkpoint.WriteClaim;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A look at what is parked, while its owner goes on or has gone. */
class ParkedLookTest {
  private static final ProgressKey KEY =
      new ProgressKey(
          new ShardKey(new StreamId("orders", Instant.EPOCH), new ShardId("s0")), "totals");

  private static final Position NEXT = new Position(new SequenceNumber("7"), 0);
  private static final LeaseToken OWNER = new LeaseToken(new Incarnation("ann", "1"), 1);

  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore();
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();

  @Test
  void a_list_that_the_owner_has_deleted_since_is_looked_for_where_its_last_commit_has_it() {
    var seen = commit("first", 1);
    delete("first");
    commit("second", 3);

    assertThat(look(seen).join()).contains(new ParkedLook(3, 6));
  }

  @Test
  void nothing_is_parked_any_more_where_the_last_commit_names_no_list() {
    var seen = commit("first", 1);
    delete("first");
    commit(CommitParts.NONE);

    assertThat(look(seen).join()).isEmpty();
  }

  @Test
  void a_list_that_is_missing_although_the_commit_stands_is_named() {
    var seen = commit("first", 1);
    delete("first");

    assertThat(look(seen))
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withMessageContaining("first");
  }

  private CompletableFuture<Optional<ParkedLook>> look(ProgressRow seen) {
    return ParkedLook.of(seen, store, chunks).toCompletableFuture();
  }

  private ProgressRow commit(String chunk, int keys) {
    var entries =
        IntStream.range(0, keys)
            .mapToObj(i -> new ParkedDirectory.Entry("key-" + i, NEXT, 2, 20, List.of()))
            .toList();
    byte[] bytes = new ParkedDirectory(HashRange.ALL, entries).write();
    answer(chunks.put(chunk, bytes));
    return commit(new StateRoot(chunk, ChunkBytes.checksum(bytes)).parts(CommitParts.PARKED));
  }

  private ProgressRow commit(CommitParts parts) {
    var item = answer(store.seal(KEY, OWNER, "nonce"));
    var claim = new WriteClaim(KEY, item.token(), item.rev(), item.nonce(), "at " + item.rev());
    answer(store.commit(new Commit(claim, Progress.NONE, parts, Set.of())));
    return answer(store.progress(KEY));
  }

  private void delete(String chunk) {
    answer(chunks.delete(chunk));
  }

  private static <T> T answer(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
