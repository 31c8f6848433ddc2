package io.headrace.harness;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.function.OutputTap;
import io.headrace.function.RuntimeListener;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * What stands between the workers of a {@link FunctionHarness} and what they write to.
 *
 * @param outputsWithin how long outputs of functions with state wait for their commit
 */
record Interposed(
    UnaryOperator<OutputTap> tap,
    UnaryOperator<CheckpointStore> checkpoints,
    UnaryOperator<ChunkStore> chunks,
    RuntimeListener listener,
    Duration outputsWithin) {
  static final Interposed NOTHING =
      new Interposed(
          UnaryOperator.identity(),
          UnaryOperator.identity(),
          UnaryOperator.identity(),
          new RuntimeListener() {},
          Duration.ZERO);
}
