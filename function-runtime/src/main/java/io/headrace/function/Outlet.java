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
  record Parcel<P>(Outlet<?, P> outlet, String id, P content) {
    static <O, P> Parcel<P> of(Outlet<O, P> outlet, Origin origin, O value) throws Exception {
      return new Parcel<>(outlet, origin.id(), outlet.prepare(origin, value));
    }
  }

  /** An outlet whose outputs can be stored until they may be sent. */
  interface Keeping<O, P> extends Outlet<O, P> {
    /** What is stored of a prepared output. Never blocks, and calls no code of the user's. */
    Content keep(P prepared);

    /** The prepared output that was stored; on the pool, as a codec may be asked. */
    P revive(String id, Content content) throws Exception;
  }

  /**
   * An output as it is stored, whatever its outlet: the destination may be another one by the time
   * it is sent.
   *
   * @param key empty where its outlet has none
   * @param data not copied
   * @param version of the codec that wrote the data
   */
  record Content(String key, byte[] data, Map<String, String> headers, int version) {}
}
