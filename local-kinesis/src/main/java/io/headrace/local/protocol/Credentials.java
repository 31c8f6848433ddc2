package io.headrace.local.protocol;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.KinesisError;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads the caller out of a signed request. The signature's shape is checked and the signature is
 * not: any secret will do. An access key of twelve digits is the account; any other is account
 * {@value #DEFAULT_ACCOUNT}.
 */
public final class Credentials {
  public static final String DEFAULT_ACCOUNT = "000000000000";
  public static final String DEFAULT_REGION = "us-east-1";

  private static final Pattern ACCOUNT = Pattern.compile("\\d{12}");

  private Credentials() {}

  static Caller caller(Request request) {
    String header = request.header("authorization");
    boolean inQuery = request.query("X-Amz-Algorithm") != null;
    if (header != null && inQuery) {
      throw KinesisError.of(
          "InvalidSignatureException",
          "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP"
              + " header.");
    }
    if (header != null) {
      return fromHeader(request, header);
    }
    if (inQuery) {
      return fromQuery(request);
    }
    throw KinesisError.of("MissingAuthenticationTokenException", "Missing Authentication Token");
  }

  private static Caller fromHeader(Request request, String header) {
    Map<String, String> parameters = parameters(header);
    StringBuilder missing = new StringBuilder();
    for (String name : new String[] {"Credential", "Signature", "SignedHeaders"}) {
      if (!parameters.containsKey(name)) {
        missing.append("Authorization header requires '").append(name).append("' parameter. ");
      }
    }
    if (request.header("x-amz-date") == null && request.header("date") == null) {
      missing.append(
          "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
    }
    if (!missing.isEmpty()) {
      throw KinesisError.of(
          "IncompleteSignatureException",
          missing.append("Authorization=").append(header).toString());
    }
    return ofScope(parameters.getOrDefault("Credential", ""));
  }

  private static Caller fromQuery(Request request) {
    String[] names = {
      "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"
    };
    StringBuilder missing = new StringBuilder();
    for (String name : names) {
      if (request.query(name) == null) {
        missing.append("AWS query-string parameters must include '").append(name).append("'. ");
      }
    }
    if (!missing.isEmpty()) {
      throw KinesisError.of(
          "IncompleteSignatureException",
          missing.append("Re-examine the query-string parameters.").toString());
    }
    String credential = request.query("X-Amz-Credential");
    return ofScope(credential == null ? "" : credential);
  }

  // Form: key/date/region/service/aws4_request.
  private static Caller ofScope(String credential) {
    String[] parts = credential.split("/", -1);
    String account = ACCOUNT.matcher(parts[0]).matches() ? parts[0] : DEFAULT_ACCOUNT;
    String region = parts.length > 2 && !parts[2].isEmpty() ? parts[2] : DEFAULT_REGION;
    return new Caller(account, region);
  }

  private static Map<String, String> parameters(String header) {
    Map<String, String> parameters = new LinkedHashMap<>();
    int space = header.indexOf(' ');
    for (String part : header.substring(space + 1).split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0 && equals < part.length() - 1) {
        parameters.put(part.substring(0, equals).trim(), part.substring(equals + 1).trim());
      }
    }
    return parameters;
  }
}
