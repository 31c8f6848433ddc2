package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** How the shells wait for answers: whatever thread completes a stage, the loop hears of it. */
final class Stages {
  private Stages() {}

  /** Makes a call and tells its outcome on the loop, in a turn of its own. */
  static <T> void ask(
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

  private static Throwable causeOf(Throwable failure) {
    var cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
