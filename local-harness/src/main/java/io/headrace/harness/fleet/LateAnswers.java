package io.headrace.harness.fleet;

import io.headrace.function.Next;
import io.headrace.function.Output;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Calls of a process that answer after a while, on a thread of their own, and heed no interrupt.
 */
final class LateAnswers {
  private LateAnswers() {}

  /** Sends something, and then answers; or never answers. */
  static <S> CompletionStage<Next<S>> of(
      SimulatedProcess process, Output<String> out, String sent, Next<S> next) {
    var answer = new CompletableFuture<Next<S>>();
    var mood = process.world().mood();
    if (!mood.hangs()) {
      var unused =
          process
              .pool()
              .schedule(mood.takes(), () -> answerWith(answer, () -> out.send(sent), next));
    }
    return answer;
  }

  /** Unless the call has ended without it. It may end meanwhile: then what is sent is refused. */
  static <T> void answerWith(CompletableFuture<T> answer, Runnable sending, T value) {
    if (answer.isDone()) {
      return;
    }
    try {
      sending.run();
    } catch (IllegalStateException ended) {
      answer.completeExceptionally(ended);
      return;
    }
    answer.complete(value);
  }
}
