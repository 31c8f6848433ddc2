package io.headrace.kcl;

import java.util.Arrays;

/** The payload of a stream that delivers bytes with the record. */
record InMemoryPayload(byte[] bytes) implements Payload {
  @Override
  public int size() {
    return bytes.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof InMemoryPayload that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Length only: payloads never reach a log. */
  @Override
  public String toString() {
    return bytes.length + " bytes";
  }
}
