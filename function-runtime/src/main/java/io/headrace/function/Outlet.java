package io.headrace.function;

import java.util.List;
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

  P prepare(String id, O value) throws Exception;

  /** Completes when all are durable; order is kept. */
  CompletionStage<?> send(List<P> prepared);

  /** A prepared output on its way to its outlet. */
  record Parcel<P>(Outlet<?, P> outlet, P content) {
    static <O, P> Parcel<P> of(Outlet<O, P> outlet, String id, O value) throws Exception {
      return new Parcel<>(outlet, outlet.prepare(id, value));
    }
  }
}
