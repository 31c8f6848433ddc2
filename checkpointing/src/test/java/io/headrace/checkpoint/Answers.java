package io.headrace.checkpoint;

import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for the answers of stores that work on threads of their own. */
public final class Answers {
  private static final long SECONDS_MAX = 20;

  private Answers() {}

  public static <T> T answer(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw new CompletionException(failed.getCause());
    } catch (InterruptedException | TimeoutException absent) {
      throw new AssertionError("no answer", absent);
    }
  }

  /** What the stage fails with. */
  public static Throwable faultOf(CompletionStage<?> stage) {
    var fault = catchThrowable(() -> answer(stage));
    while (fault instanceof CompletionException && fault.getCause() != null) {
      fault = fault.getCause();
    }
    return fault;
  }

  /** Waits for the answer, whatever it is. */
  static void quietly(CompletionStage<?> stage) {
    var unused = catchThrowable(() -> answer(stage));
  }
}
