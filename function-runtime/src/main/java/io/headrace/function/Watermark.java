package io.headrace.function;

import io.headrace.kcl.Payload;
import java.time.Instant;

/**
 * In place of a mark's bytes, once it was read: up to which event time all inputs are read.
 *
 * @param size of the mark, which the byte budget holds until it is settled
 */
record Watermark(Instant time, int size) implements Payload {
  @Override
  public byte[] bytes() {
    throw new IllegalStateException("a watermark is no record of the user's");
  }
}
