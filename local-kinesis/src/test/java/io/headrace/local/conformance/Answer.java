package io.headrace.local.conformance;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A whole answer; names of headers are in lower case. */
record Answer(int status, Map<String, String> headers, byte[] body) {
  @Nullable String header(String name) {
    return headers.get(name);
  }
}
