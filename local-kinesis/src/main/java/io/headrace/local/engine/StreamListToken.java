package io.headrace.local.engine;

import java.nio.charset.StandardCharsets;

/** What the next page of a list of streams must know: the last name shown. */
public final class StreamListToken {
  private StreamListToken() {}

  static String of(String lastName) {
    return OpaqueToken.seal(lastName.getBytes(StandardCharsets.UTF_8));
  }

  public static String lastName(String token) {
    return OpaqueToken.open(token)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .orElseThrow(() -> KinesisError.invalidArgument("Invalid NextToken."));
  }
}
