package io.headrace.local.protocol;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * A request in the one form in which both sides of a signature write it: the method, the path, the
 * parameters, the signed headers, and the hash of the body.
 */
final class CanonicalRequest {
  static final String SIGNATURE_PARAMETER = "X-Amz-Signature";

  private static final String UNRESERVED = "-._~";
  private static final String HEX = "0123456789ABCDEF";

  private CanonicalRequest() {}

  static String text(Request request, List<String> signedHeaders, String payloadHash) {
    StringBuilder text = new StringBuilder(256);
    text.append(request.method()).append('\n');
    text.append(path(request.path())).append('\n');
    text.append(query(request.rawQuery())).append('\n');
    for (String name : signedHeaders) {
      List<String> values =
          request.headers(isHost(name) ? "host" : name).stream()
              .map(CanonicalRequest::trimmed)
              .toList();
      text.append(name.toLowerCase(Locale.ROOT)).append(':');
      text.append(String.join(",", values)).append('\n');
    }
    text.append('\n').append(String.join(";", signedHeaders).toLowerCase(Locale.ROOT));
    return text.append('\n').append(payloadHash).toString();
  }

  /** Over HTTP/2 the host has another name, which the SDK for JavaScript signs. */
  static boolean isHost(String header) {
    return header.equalsIgnoreCase("host") || header.equals(":authority");
  }

  // The path as it came, without its dots and empty parts, and encoded once more.
  private static String path(String path) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(encoded(part));
      }
    }
    String joined = "/" + String.join("/", parts);
    return path.endsWith("/") && !parts.isEmpty() ? joined + "/" : joined;
  }

  private static String query(String rawQuery) {
    List<String[]> parameters = new ArrayList<>();
    for (String parameter : rawQuery.split("&", -1)) {
      int equals = parameter.indexOf('=');
      String name = decoded(equals < 0 ? parameter : parameter.substring(0, equals));
      String value = equals < 0 ? "" : decoded(parameter.substring(equals + 1));
      if (!parameter.isEmpty() && !name.equals(SIGNATURE_PARAMETER)) {
        parameters.add(new String[] {encoded(name), encoded(value)});
      }
    }
    parameters.sort((a, b) -> a[0].equals(b[0]) ? a[1].compareTo(b[1]) : a[0].compareTo(b[0]));
    return String.join("&", parameters.stream().map(each -> each[0] + "=" + each[1]).toList());
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // A stray percent sign stands for itself.
      return text;
    }
  }

  private static String encoded(String text) {
    StringBuilder encoded = new StringBuilder(text.length() + 8);
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (each & 0xff);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (plain || UNRESERVED.indexOf(c) >= 0) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
      }
    }
    return encoded.toString();
  }

  private static String trimmed(String value) {
    StringBuilder trimmed = new StringBuilder(value.length());
    boolean gap = false;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == ' ' || c == '\t') {
        gap = true;
      } else {
        if (gap && !trimmed.isEmpty()) {
          trimmed.append(' ');
        }
        gap = false;
        trimmed.append(c);
      }
    }
    return trimmed.toString();
  }
}
