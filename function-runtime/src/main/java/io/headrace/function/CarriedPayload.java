package io.headrace.function;

import io.headrace.function.through.Envelope.Carried;
import io.headrace.kcl.Payload;

/** An envelope's bytes with what was read in them, so that they are read once. */
record CarriedPayload(byte[] bytes, Carried carried) implements Payload {
  @Override
  public int size() {
    return bytes.length;
  }
}
