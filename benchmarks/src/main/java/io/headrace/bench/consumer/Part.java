package io.headrace.bench.consumer;

import io.headrace.bench.rig.Payload;

/**
 * What {@code bench consumer} can be asked for with {@code --only}; each has a stream of its own.
 */
enum Part {
  POLLING(Payload.BYTES),
  FAN_OUT(Payload.BYTES),
  KEYED(Payload.PURCHASES),
  /** Polling, from a server that is not ours: kinesalite, over JSON and HTTP/1.1. */
  KINESALITE(Payload.BYTES);

  private final Payload payload;

  Part(Payload payload) {
    this.payload = payload;
  }

  Payload payload() {
    return payload;
  }
}
