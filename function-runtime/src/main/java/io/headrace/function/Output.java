package io.headrace.function;

/**
 * What goes out of one call. Values are held until the attempt has succeeded, those of functions
 * with state until its effect is committed, and dropped when it fails. Belongs to its call: used
 * after the call or its stage has ended, it throws {@link IllegalStateException}. The threads of
 * one asynchronous call may share it.
 *
 * @param <O> the function's output type
 */
public interface Output<O> {
  /** Sends to the function's destination. */
  void send(O value);

  /** Sends to a side that the specification gave a destination ({@code sendingSide}). */
  <T> void send(Side<T> side, T value);
}
