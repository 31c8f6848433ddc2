package io.headrace.function;

import io.headrace.function.through.Envelope.Partial;
import io.headrace.kcl.Payload;

/** The bytes of a partial sum's envelope with what was read in them, so that they are read once. */
record PartialPayload(byte[] bytes, Partial partial) implements Payload {
  @Override
  public int size() {
    return bytes.length;
  }
}
