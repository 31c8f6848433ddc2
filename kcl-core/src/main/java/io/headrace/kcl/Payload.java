package io.headrace.kcl;

import java.io.IOException;

/**
 * A record's bytes. Most streams hand them over with the record; a stream of large fragments may
 * fetch them when they are first read.
 */
public interface Payload {
  /** What the payload takes of the byte budget, known without reading it. */
  int size();

  /** Never modified by the caller. May block when the payload is fetched late. */
  byte[] bytes() throws IOException;

  /** Bytes that are already here; the array is not copied and must not change. */
  static Payload of(byte[] bytes) {
    return new InMemoryPayload(bytes);
  }
}
