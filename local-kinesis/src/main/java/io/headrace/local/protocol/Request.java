package io.headrace.local.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request as the protocol sees it, whatever carried it. */
public interface Request {
  String method();

  /** What the request line names, without the query string. */
  String path();

  /** What the request line has after the question mark, as it came; empty when there is none. */
  String rawQuery();

  /** All values of a header, its name in lower case, in their order. */
  List<String> headers(String name);

  /** Whether it came over TLS. */
  boolean isEncrypted();

  /** The value of a header, its name in lower case; null when the request has none. */
  @Nullable String header(String name);

  /** The value of a parameter of the query string; null when the request has none. */
  @Nullable String query(String name);

  byte[] body();
}
