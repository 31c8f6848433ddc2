package io.headrace.local;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;

/** An answer as the protocol gives it, whatever carries it; the body is written on demand. */
record Reply(int status, Map<String, String> headers, Body body) {
  /** Writes the body. */
  interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  static final Body EMPTY = out -> {};
}
