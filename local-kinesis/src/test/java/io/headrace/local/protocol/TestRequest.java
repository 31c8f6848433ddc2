package io.headrace.local.protocol;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.http.SdkHttpRequest;

/** A request as it might come off the wire, as a value. */
record TestRequest(
    String method,
    String path,
    String rawQuery,
    Map<String, List<String>> all,
    byte[] body,
    boolean isEncrypted)
    implements Request {
  static TestRequest of(String method, String uri) {
    int query = uri.indexOf('?');
    return new TestRequest(
            method,
            query < 0 ? uri : uri.substring(0, query),
            query < 0 ? "" : uri.substring(query + 1),
            Map.of(),
            new byte[0],
            false)
        .with("host", "example.amazonaws.com");
  }

  /** What the service's own client would send. */
  static TestRequest of(SdkHttpRequest request, byte[] body) {
    URI uri = request.getUri();
    TestRequest made =
        new TestRequest(
            request.method().name(),
            uri.getRawPath().isEmpty() ? "/" : uri.getRawPath(),
            uri.getRawQuery() == null ? "" : uri.getRawQuery(),
            Map.of(),
            body,
            false);
    for (Map.Entry<String, List<String>> header : request.headers().entrySet()) {
      for (String value : header.getValue()) {
        made = made.with(header.getKey().toLowerCase(Locale.ROOT), value);
      }
    }
    return made;
  }

  TestRequest with(String name, String value) {
    Map<String, List<String>> more = new TreeMap<>(all);
    List<String> values = new ArrayList<>(more.getOrDefault(name, List.of()));
    values.add(value);
    more.put(name, values);
    return new TestRequest(method, path, rawQuery, more, body, isEncrypted);
  }

  TestRequest without(String name) {
    Map<String, List<String>> fewer = new TreeMap<>(all);
    fewer.remove(name);
    return new TestRequest(method, path, rawQuery, fewer, body, isEncrypted);
  }

  TestRequest withBody(byte[] other) {
    return new TestRequest(method, path, rawQuery, all, other, isEncrypted);
  }

  TestRequest encrypted() {
    return new TestRequest(method, path, rawQuery, all, body, true);
  }

  @Override
  public String header(String name) {
    List<String> values = headers(name);
    return values.isEmpty() ? null : values.get(0);
  }

  @Override
  public List<String> headers(String name) {
    return all.getOrDefault(name, List.of());
  }

  @Override
  public String query(String name) {
    for (String parameter : rawQuery.split("&", -1)) {
      if (parameter.startsWith(name + "=")) {
        return URLDecoder.decode(parameter.substring(name.length() + 1), StandardCharsets.UTF_8);
      }
    }
    return null;
  }
}
