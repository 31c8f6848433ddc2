package io.headrace.bench.consumer;

import io.headrace.bench.rig.Payload;

/**
 * What {@code bench consumer} can be asked for with {@code --only}; each has a stream of its own.
 */
enum Part {
  POLLING(Payload.BYTES),
  FAN_OUT(Payload.BYTES),
  KEYED(Payload.PURCHASES);

  private final Payload payload;

  Part(Payload payload) {
    this.payload = payload;
  }

  Payload payload() {
    return payload;
  }
}
