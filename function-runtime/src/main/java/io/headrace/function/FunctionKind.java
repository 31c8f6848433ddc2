package io.headrace.function;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The kinds of functions, with what makes their instances. Immutable. */
sealed interface FunctionKind<I, O> {
  /** Whether it keeps state: by key, or in windows. */
  default boolean isStateful() {
    return this instanceof KeyedState || this instanceof AsyncKeyedState || isWindowed();
  }

  /** Whether it sums in windows. */
  default boolean isWindowed() {
    return this instanceof Windowing
        || (this instanceof Lambda<I, O> lambda && lambda.handler().window().isPresent());
  }

  /** By what its state is kept; null for a function without any of its own. */
  default @Nullable Keys<I> keys() {
    return null;
  }

  /** How its state is stored; null for a function without any of its own. */
  default @Nullable Codec<?> codec() {
    return null;
  }

  record Plain<I, O>(Supplier<? extends RecordFunction<I, O>> functions)
      implements FunctionKind<I, O> {}

  record Async<I, O>(Supplier<? extends AsyncRecordFunction<I, O>> functions)
      implements FunctionKind<I, O> {}

  record Batched<I, O>(Supplier<? extends BatchFunction<I, O>> functions)
      implements FunctionKind<I, O> {}

  record Lambda<I, O>(LambdaHandler handler, LambdaHandlers.Code code)
      implements FunctionKind<I, O> {}

  record KeyedState<I, S, O>(
      Keys<I> keys, Codec<S> codec, Supplier<? extends KeyedFunction<I, S, O>> functions)
      implements FunctionKind<I, O> {}

  record AsyncKeyedState<I, S, O>(
      Keys<I> keys, Codec<S> codec, Supplier<? extends AsyncKeyedFunction<I, S, O>> functions)
      implements FunctionKind<I, O> {}

  /**
   * Sums by key and window.
   *
   * @param partial whether records that go through a stream may be summed up before
   */
  record Windowing<I, A, O>(
      Keys<I> keys,
      Windows windows,
      Codec<A> codec,
      boolean partial,
      Supplier<? extends WindowFunction<I, A, O>> functions)
      implements FunctionKind<I, O> {}
}
