package io.headrace.kcl.loop;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How shells wait for answers: whatever thread completes a stage, the loop hears of it. Any thread
 * may call.
 */
public final class Stages {
  /**
   * Wrappers stand in each other a few deep; more is a chain of causes that leads back to itself.
   */
  private static final int WRAPPERS_MAX = 16;

  private Stages() {}

  /** Makes a call and tells its outcome on the loop, in a turn of its own. */
  public static <T> void ask(
      EventLoop loop,
      Supplier<CompletionStage<T>> call,
      Consumer<T> answered,
      Consumer<Throwable> failed) {
    CompletionStage<T> stage;
    try {
      stage = call.get();
    } catch (RuntimeException thrown) {
      loop.execute(() -> failed.accept(thrown));
      return;
    }
    stage.whenComplete(
        (value, failure) ->
            loop.execute(
                () -> {
                  if (failure != null) {
                    failed.accept(causeOf(failure));
                  } else {
                    answered.accept(value);
                  }
                }));
  }

  /** What went wrong, out of the exceptions that stages and futures wrap around it. */
  public static Throwable causeOf(Throwable failure) {
    var cause = failure;
    for (int i = 0; i < WRAPPERS_MAX; i++) {
      var inner = innerOf(cause);
      if (inner == null) {
        break;
      }
      cause = inner;
    }
    return cause;
  }

  /** Only of what wraps: exceptions are of users' making, and one may throw when it is asked. */
  private static @Nullable Throwable innerOf(Throwable failure) {
    if (!(failure instanceof CompletionException || failure instanceof ExecutionException)) {
      return null;
    }
    try {
      return failure.getCause();
    } catch (RuntimeException | StackOverflowError thrown) {
      return null;
    }
  }
}
