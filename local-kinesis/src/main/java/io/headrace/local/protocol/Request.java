package io.headrace.local.protocol;

import org.jspecify.annotations.Nullable;

/** A request as the protocol sees it, whatever carried it. */
public interface Request {
  String method();

  /** What the request line names, without the query string. */
  String path();

  /** The value of a header, its name in lower case; null when the request has none. */
  @Nullable String header(String name);

  /** The value of a parameter of the query string; null when the request has none. */
  @Nullable String query(String name);

  byte[] body();
}
