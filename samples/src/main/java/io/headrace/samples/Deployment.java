package io.headrace.samples;

import io.headrace.function.Destination;
import io.headrace.function.json.Json;
import java.util.function.Function;

/**
 * What a sample's function has when real workers run it, and not one process that collects its
 * outputs: where these go, and in which version its state is written. A sample hands in its own
 * types, so they stay its own.
 */
public interface Deployment {
  /**
   * Where outputs of one type go.
   *
   * @param key the partition key of an output
   */
  <O> Destination<O> outputs(Class<O> type, Function<? super O, String> key);

  /** How states, or the sums of windows, are stored. */
  <S> Json<S> state(Class<S> type);
}
