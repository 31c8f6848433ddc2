package io.headrace.function;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * One destination, opened. {@link #prepare} is called on the invocation pool, so that a value that
 * can't be written fails the attempt; {@link #send} never blocks.
 *
 * @param <P> what is kept between the two
 */
interface Outlet<O, P> {
  /** For the operator. */
  String name();

  P prepare(Origin origin, O value) throws Exception;

  /** Completes when all are durable; order is kept. */
  CompletionStage<?> send(List<P> prepared);

  /**
   * Where an output comes from.
   *
   * @param id names the output, the same in every delivery
   * @param trace the trace context of what caused it; empty where there is none
   */
  record Origin(String id, Map<String, String> trace) {
    Origin(String id) {
      this(id, Map.of());
    }
  }

  /** A prepared output on its way to its outlet. */
  record Parcel<P>(Outlet<?, P> outlet, P content) {
    static <O, P> Parcel<P> of(Outlet<O, P> outlet, Origin origin, O value) throws Exception {
      return new Parcel<>(outlet, outlet.prepare(origin, value));
    }
  }
}
