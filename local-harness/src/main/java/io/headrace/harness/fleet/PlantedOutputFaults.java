package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.function.DeadLetter;
import io.headrace.function.OutputTap;
import io.headrace.function.Side;
import io.headrace.kcl.CommitParts;
import java.time.Duration;
import java.util.HashMap;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Mistakes with outputs that wait for their commit. */
final class PlantedOutputFaults {
  /** By then the commit is stored that says that an output was sent. */
  private static final Duration BEHIND_THE_TRIM = Duration.ofSeconds(8);

  private PlantedOutputFaults() {}

  static Plant sentBeforeTheCommit() {
    return new Plant() {
      @Override
      public boolean emitsEarly() {
        return true;
      }
    };
  }

  /** An output is taken out of the outbox long before it is sent. */
  static Plant trimmedBeforeSent() {
    return new Plant() {
      @Override
      public OutputTap tapOf(SimulatedProcess process, OutputTap tap) {
        return new OutputTap() {
          @Override
          public void output(String function, @Nullable Side<?> side, String id, Object value) {
            var unused =
                process
                    .pool()
                    .schedule(BEHIND_THE_TRIM, () -> tap.output(function, side, id, value));
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            tap.deadLetter(letter);
          }
        };
      }
    };
  }

  /** Whose commit was refused believes that it stands, and sends what it holds. */
  static Plant refusedCommitsLetOutputsGo() {
    return new Plant() {
      @Override
      public CheckpointStore storeOf(SimulatedProcess process, CheckpointStore store) {
        return new ForwardingCheckpointStore(store) {
          @Override
          public CompletionStage<WriteAnswer> commit(Commit commit) {
            return super.commit(commit)
                .thenApply(
                    answer ->
                        answer instanceof WriteAnswer.Lost ? new WriteAnswer.Applied() : answer);
          }
        };
      }
    };
  }

  static CommitParts withoutOutbox(CommitParts parts) {
    var left = new HashMap<>(parts.parts());
    left.remove(CommitParts.OUTBOX);
    return new CommitParts(left);
  }
}
