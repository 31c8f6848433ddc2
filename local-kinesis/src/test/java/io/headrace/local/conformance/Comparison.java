package io.headrace.local.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Holds an answer against what a case expects: every field exactly, no other field, and where a
 * value cannot be known beforehand, its kind.
 *
 * <ul>
 *   <li><code>"&lt;sequence as first&gt;"</code>: a value of this kind, kept for later
 *       placeholders; the kinds are in {@link #isOfKind}
 *   <li><code>"&lt;sequence after first&gt;"</code>: and greater than one that was kept
 *   <li><code>"&lt;time now-PT1S&gt;"</code>: this very time
 *   <li><code>{"$blob": text}</code>, <code>{"$zeros": bytes}</code>: these bytes
 *   <li><code>{"$size": 3}</code>, <code>{"$anyOrder": [...]}</code>: of lists
 *   <li><code>{"$contains": text}</code>: a text with this in it
 *   <li><code>"$more": true</code> in an object: other fields may be there too
 * </ul>
 */
final class Comparison {
  private static final Pattern SEQUENCE_NUMBER = Pattern.compile("[1-9]\\d{55}");
  private static final Pattern CONSUMER_ARN =
      Pattern.compile(
          "arn:aws:kinesis:[a-z0-9-]+:\\d{12}:stream/[a-zA-Z0-9_.-]+"
              + "/consumer/[a-zA-Z0-9_.-]+:\\d+");
  private static final int TOKEN_CHARS_MAX = 1_048_576;

  private final Encoding encoding;
  private final Scope scope;
  private final List<String> differences = new ArrayList<>();

  Comparison(Encoding encoding, Scope scope) {
    this.encoding = encoding;
    this.scope = scope;
  }

  List<String> differences() {
    return differences;
  }

  void compare(String path, JsonNode expected, @Nullable Object actual) {
    if (expected.isObject()) {
      object(path, expected, actual);
    } else if (expected.isArray()) {
      list(path, expected, actual);
    } else if (expected.isTextual() && expected.textValue().startsWith("<")) {
      String words = expected.textValue();
      matcher(path, words.substring(1, words.length() - 1).split(" "), actual);
    } else {
      equal(path, scope.value(expected), actual);
    }
  }

  private void object(String path, JsonNode expected, @Nullable Object actual) {
    String first = expected.isEmpty() ? "" : expected.fieldNames().next();
    switch (first) {
      case "$contains" -> contains(path, scope.text(expected.path(first).textValue()), actual);
      case "$blob", "$zeros" -> blob(path, (byte[]) scope.value(expected), actual);
      case "$size" -> size(path, expected.path(first).intValue(), actual);
      case "$anyOrder" -> anyOrder(path, expected.path(first), actual);
      default -> fields(path, expected, actual);
    }
  }

  private void fields(String path, JsonNode expected, @Nullable Object actual) {
    if (!(actual instanceof Map<?, ?> map)) {
      differs(path, expected.toString(), actual);
      return;
    }
    boolean more = expected.path("$more").booleanValue();
    for (Map.Entry<String, JsonNode> field : expected.properties()) {
      String name = field.getKey();
      if (name.equals("$more")) {
        continue;
      }
      if (map.containsKey(name)) {
        compare(path + "." + name, field.getValue(), map.get(name));
      } else {
        differences.add(path + "." + name + " is missing");
      }
    }
    for (Object name : map.keySet()) {
      if (!more && !expected.has((String) name)) {
        differences.add(path + "." + name + " is not expected: " + words(map.get(name)));
      }
    }
  }

  private void list(String path, JsonNode expected, @Nullable Object actual) {
    if (!(actual instanceof List<?> list) || list.size() != expected.size()) {
      differs(path, expected.toString(), actual);
      return;
    }
    for (int i = 0; i < list.size(); i++) {
      compare(path + "[" + i + "]", expected.path(i), list.get(i));
    }
  }

  private void contains(String path, String part, @Nullable Object actual) {
    if (!(actual instanceof String text) || !text.contains(part)) {
      differs(path, "a text with '" + part + "'", actual);
    }
  }

  private void size(String path, int size, @Nullable Object actual) {
    if (!(actual instanceof List<?> list) || list.size() != size) {
      differs(path, size + " elements", actual);
    }
  }

  private void anyOrder(String path, JsonNode expected, @Nullable Object actual) {
    if (!(actual instanceof List<?> list) || list.size() != expected.size()) {
      differs(path, expected.toString(), actual);
      return;
    }
    List<Object> left = new ArrayList<>(list);
    for (JsonNode element : expected) {
      boolean found = left.removeIf(candidate -> sameAs(element, candidate));
      if (!found) {
        differs(path, "somewhere " + element, actual);
      }
    }
  }

  private boolean sameAs(JsonNode expected, Object actual) {
    Comparison trial = new Comparison(encoding, scope);
    trial.compare("", expected, actual);
    return trial.differences.isEmpty();
  }

  private void blob(String path, byte[] expected, @Nullable Object actual) {
    byte[] bytes;
    try {
      bytes = encoding.blob(actual);
    } catch (IllegalArgumentException notBase64) {
      bytes = null;
    }
    if (bytes == null || !Arrays.equals(expected, bytes)) {
      differs(path, words(expected), actual);
    }
  }

  // Words: kind, then "after NAME", "as NAME", or for a time the time itself.
  private void matcher(String path, String[] words, @Nullable Object actual) {
    String kind = words[0];
    if (kind.equals("time")) {
      time(path, words, actual);
      return;
    }
    if (!isOfKind(kind, actual)) {
      differs(path, "a " + kind, actual);
      return;
    }
    for (int i = 1; i + 1 < words.length; i += 2) {
      if (words[i].equals("as")) {
        scope.keep(words[i + 1], plain(actual));
      } else if (words[i].equals("after")) {
        BigInteger bound = new BigInteger(scope.need(words[i + 1]).toString());
        if (new BigInteger((String) actual).compareTo(bound) <= 0) {
          differs(path, "more than " + bound, actual);
        }
      } else if (words[i].equals("not")) {
        if (scope.need(words[i + 1]).equals(plain(actual))) {
          differs(path, "another than " + plain(actual), actual);
        }
      } else {
        throw new IllegalArgumentException("what is '" + words[i] + "' at " + path + "?");
      }
    }
  }

  private void time(String path, String[] words, @Nullable Object actual) {
    Instant time;
    try {
      time = encoding.time(actual);
    } catch (ArithmeticException finerThanMillis) {
      time = null;
    }
    if (time == null) {
      differs(path, "a time", actual);
      return;
    }
    for (int i = 1; i < words.length; i++) {
      if (words[i].equals("as")) {
        scope.keep(words[i + 1], time);
        return;
      }
      if (!time.equals(scope.time(words[i]))) {
        differs(path, scope.time(words[i]).toString(), time);
      }
    }
  }

  private static boolean isOfKind(String kind, @Nullable Object actual) {
    return switch (kind) {
      case "sequence" -> actual instanceof String text && SEQUENCE_NUMBER.matcher(text).matches();
      case "iterator" -> actual instanceof String text && isIterator(text);
      case "token" ->
          actual instanceof String text && !text.isEmpty() && text.length() <= TOKEN_CHARS_MAX;
      case "text" -> actual instanceof String text && !text.isEmpty();
      case "consumer" -> actual instanceof String text && CONSUMER_ARN.matcher(text).matches();
      case "number" -> actual instanceof BigDecimal;
      default -> throw new IllegalArgumentException("no kind of value: " + kind);
    };
  }

  // What clients may rely on: Base64 of at most 512 characters, with the version in front.
  private static boolean isIterator(String text) {
    if (text.length() > 512) {
      return false;
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      return bytes.length > 8 && bytes[7] == 1;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private void equal(String path, @Nullable Object expected, @Nullable Object actual) {
    boolean same;
    if (expected instanceof BigDecimal number && actual instanceof BigDecimal other) {
      same = number.compareTo(other) == 0;
    } else {
      same = Objects.equals(expected, actual);
    }
    if (!same) {
      differs(path, words(expected), actual);
    }
  }

  private void differs(String path, String expected, @Nullable Object actual) {
    differences.add(path + " should be " + expected + " and is " + words(actual));
  }

  private static Object plain(Object actual) {
    return actual instanceof BigDecimal number ? number.toPlainString() : actual;
  }

  private static String words(@Nullable Object value) {
    String text =
        value instanceof byte[] bytes ? Base64.getEncoder().encodeToString(bytes) : "" + value;
    return text.length() > 600 ? text.substring(0, 600) + "..." : text;
  }
}
