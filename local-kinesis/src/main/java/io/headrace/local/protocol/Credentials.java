package io.headrace.local.protocol;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.KinesisError;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads out of a signed request who signed it. The signature's shape is checked here and the
 * signature is not: where nobody verifies it, any secret will do, an access key of twelve digits is
 * the account, and any other is account {@value #DEFAULT_ACCOUNT}.
 */
public final class Credentials {
  public static final String DEFAULT_ACCOUNT = "000000000000";
  public static final String DEFAULT_REGION = "us-east-1";

  private static final Pattern ACCOUNT = Pattern.compile("\\d{12}");

  private Credentials() {}

  /** What the request claims; throws when it claims nothing or not enough. */
  static Claim claim(Request request) {
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

  private static Claim fromHeader(Request request, String header) {
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
    String date = request.header("x-amz-date");
    if (date == null) {
      date = request.header("date");
    }
    int space = header.indexOf(' ');
    return new Claim(
        false,
        space < 0 ? "" : header.substring(0, space),
        parameters.getOrDefault("Credential", ""),
        parameters.getOrDefault("SignedHeaders", ""),
        parameters.getOrDefault("Signature", ""),
        date == null ? "" : date,
        request.header("x-amz-security-token"));
  }

  private static Claim fromQuery(Request request) {
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
    return new Claim(
        true,
        query(request, "X-Amz-Algorithm"),
        query(request, "X-Amz-Credential"),
        query(request, "X-Amz-SignedHeaders"),
        query(request, "X-Amz-Signature"),
        query(request, "X-Amz-Date"),
        request.query("X-Amz-Security-Token"));
  }

  private static String query(Request request, String name) {
    String value = request.query(name);
    return value == null ? "" : value;
  }

  /** Who the claim is of when nobody verifies it. */
  static Caller believed(Claim claim) {
    String credential = claim.credential();
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
