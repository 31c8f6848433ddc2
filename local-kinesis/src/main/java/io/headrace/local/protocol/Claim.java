package io.headrace.local.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request says about who signed it, in its header or in its query string. No record, since a
 * session token is a secret and records print what they hold.
 */
final class Claim {
  private final boolean inQuery;
  private final String algorithm;
  private final String credential;
  private final String signedHeaders;
  private final String signature;
  private final String date;
  private final @Nullable String sessionToken;

  Claim(
      boolean inQuery,
      String algorithm,
      String credential,
      String signedHeaders,
      String signature,
      String date,
      @Nullable String sessionToken) {
    this.inQuery = inQuery;
    this.algorithm = algorithm;
    this.credential = credential;
    this.signedHeaders = signedHeaders;
    this.signature = signature;
    this.date = date;
    this.sessionToken = sessionToken;
  }

  boolean isInQuery() {
    return inQuery;
  }

  String algorithm() {
    return algorithm;
  }

  /** Form: key/date/region/service/aws4_request. */
  String credential() {
    return credential;
  }

  List<String> signedHeaders() {
    return List.of(signedHeaders.split(";"));
  }

  String signature() {
    return signature;
  }

  String date() {
    return date;
  }

  @Nullable String sessionToken() {
    return sessionToken;
  }
}
