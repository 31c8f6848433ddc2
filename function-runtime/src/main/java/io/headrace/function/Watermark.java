package io.headrace.function;

import io.headrace.kcl.Payload;
import java.time.Instant;

/**
 * In place of a mark's bytes, once it was read: up to which event time all inputs are read.
 *
 * @param reached where {@code time} is the end of time: the highest event time before it
 * @param size of the mark, which the byte budget holds until it is settled
 */
record Watermark(Instant time, Instant reached, int size) implements Payload {
  @Override
  public byte[] bytes() {
    throw new IllegalStateException("a watermark is no record of the user's");
  }
}
