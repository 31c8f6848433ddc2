package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.WriteAnswer;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/** Mistakes with event time as commits have it, all else in the commit being right. */
final class PlantedTimeFaults {
  private PlantedTimeFaults() {}

  /** Commits hold another event time than the owner has. */
  static Plant commits(UnaryOperator<CommittedTime> change) {
    return new Plant() {
      @Override
      public CheckpointStore store(CheckpointStore store, ChunkStore chunks) {
        return new ForwardingCheckpointStore(store) {
          @Override
          public CompletionStage<WriteAnswer> commit(Commit commit) {
            return super.commit(changed(commit, chunks, change));
          }
        };
      }
    };
  }

  /**
   * Not as it is read: the store would go on naming a chunk that nobody knows who read otherwise.
   */
  private static CheckpointStore.Commit changed(
      CheckpointStore.Commit commit, ChunkStore chunks, UnaryOperator<CommittedTime> change) {
    return new CheckpointStore.Commit(
        commit.claim(),
        commit.progress(),
        CommittedTime.changed(commit.parts(), chunks, change),
        commit.takenOver());
  }
}
