package io.headrace.function;

/**
 * What becomes of records whose payload a filter would have to read and can't, as it is not JSON. A
 * record that the filter can judge by its metadata alone is never one of them. Set by {@link
 * Input#unparsable}; counted and told as {@link FunctionEvent.UnparsableFound}.
 */
public enum Unparsable {
  /** Into the dead letters, under the code {@code Unparsable}: the default, and nothing is lost. */
  DEAD_LETTER,

  /** Counted as filtered: what AWS Lambda does, and the default for its handlers. */
  DROP,

  /** Handed to the function as if the filter had let it through. */
  DELIVER
}
