package io.headrace.local.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Holds an answer against the {@code expect} of a case:
 *
 * <ul>
 *   <li>nothing: any success; {@code "any": true}: whatever comes
 *   <li>{@code body}: a success with exactly this, or {@code "empty": true}
 *   <li>{@code error} with {@code message} or {@code contains}: this error with this text
 *   <li>{@code orError}: these errors too, where it is not known which one the service gives
 *   <li>{@code violations}: a ValidationException of exactly these sentences, in this order, or in
 *       any with {@code "anyOrder": true}; with {@code "enumInAnyOrder": true} the order in which
 *       the service names the values of a field is not known
 *   <li>{@code serialization}: a SerializationException with this text, which is known for JSON
 *       only
 *   <li>{@code status}: when it is neither 200 nor 400; {@code header}: what these headers say
 * </ul>
 */
final class Verdict {
  private static final Pattern ENUM = Pattern.compile("enum value set: \\[([^]]*)]");
  private static final String VALIDATION = "ValidationException";
  private static final String SERIALIZATION = "SerializationException";

  private final Encoding encoding;
  private final Scope scope;
  private final String where;
  private final List<String> differences;

  Verdict(Encoding encoding, Scope scope, String where, List<String> differences) {
    this.encoding = encoding;
    this.scope = scope;
    this.where = where;
    this.differences = differences;
  }

  void check(JsonNode expect, Answer answer) throws IOException {
    if (expect.path("any").booleanValue()) {
      return;
    }
    boolean refused =
        expect.has("error") || expect.has("violations") || expect.has("serialization");
    int status = expect.path("status").asInt(refused ? 400 : 200);
    if (answer.status() != status) {
      differences.add(where + "status should be " + status + " and is " + seen(answer));
      return;
    }
    expect
        .path("header")
        .properties()
        .forEach(each -> header(each.getKey(), each.getValue().textValue(), answer));
    if (expect.has("xml")) {
      equal("body", expect.path("xml").textValue(), text(answer));
    } else if (expect.path("empty").booleanValue()) {
      empty(answer);
    } else if (refused) {
      refused(expect, answer);
    } else if (expect.has("body")) {
      Comparison comparison = new Comparison(encoding, scope);
      comparison.compare("", expect.path("body"), encoding.read(answer.body()));
      comparison.differences().forEach(each -> differences.add(where + each));
    }
  }

  private void refused(JsonNode expect, Answer answer) throws IOException {
    if (!(encoding.read(answer.body()) instanceof Map<?, ?> error)) {
      differences.add(where + "the error is no structure: " + seen(answer));
      return;
    }
    if (expect.has("serialization")) {
      equal("__type", SERIALIZATION, error.get("__type"));
      if (encoding == Encoding.JSON && !expect.path("serialization").isNull()) {
        equal(
            "Message", scope.text(expect.path("serialization").textValue()), error.get("Message"));
      }
      return;
    }
    if (!isOrError(expect, error.get("__type"))) {
      String type = expect.has("violations") ? VALIDATION : expect.path("error").textValue();
      equal("__type", type, error.get("__type"));
    }
    message(expect, String.valueOf(error.get("message")));
    for (Object field : error.keySet()) {
      if (!field.equals("__type") && !field.equals("message")) {
        differences.add(where + "an error has no field " + field);
      }
    }
  }

  private static boolean isOrError(JsonNode expect, @Nullable Object type) {
    for (JsonNode other : expect.path("orError")) {
      if (other.textValue().equals(type)) {
        return true;
      }
    }
    return false;
  }

  private void message(JsonNode expect, String message) {
    if (expect.has("violations")) {
      violations(expect, message);
    } else if (expect.has("message")) {
      equal("message", scope.text(expect.path("message").textValue()), message);
    } else if (expect.has("contains")) {
      String part = scope.text(expect.path("contains").textValue());
      if (!message.contains(part)) {
        differences.add(where + "message should contain '" + part + "' and is '" + message + "'");
      }
    }
  }

  private void violations(JsonNode expect, String message) {
    List<String> sentences = new ArrayList<>();
    expect.path("violations").forEach(each -> sentences.add(scope.text(each.textValue())));
    String start =
        sentences.size() == 1
            ? "1 validation error detected: "
            : sentences.size() + " validation errors detected: ";
    if (expect.path("enumInAnyOrder").booleanValue()) {
      equal("message", sorted(start + String.join("; ", sentences)), sorted(message));
      return;
    }
    if (!expect.path("anyOrder").booleanValue()) {
      equal("message", start + String.join("; ", sentences), message);
      return;
    }
    List<String> found = new ArrayList<>(Arrays.asList(message.replace(start, "").split("; ")));
    found.removeAll(sentences);
    if (!message.startsWith(start) || !found.isEmpty()) {
      equal("message (in any order)", start + String.join("; ", sentences), message);
    }
  }

  private static String sorted(String message) {
    return ENUM.matcher(message)
        .replaceAll(
            found ->
                Arrays.stream(found.group(1).split(", "))
                    .sorted()
                    .collect(Collectors.joining(", ", "enum value set: [", "]")));
  }

  private void header(String name, String expected, Answer answer) {
    equal(name, scope.text(expected), answer.header(name));
  }

  private void empty(Answer answer) {
    if (answer.body().length > 0) {
      differences.add(where + "the body should be empty and is " + seen(answer));
    }
    equal("content-length", "0", answer.header("content-length"));
  }

  private void equal(String what, Object expected, Object actual) {
    if (!expected.equals(actual)) {
      differences.add(where + what + " should be '" + expected + "'\n    and is '" + actual + "'");
    }
  }

  private String seen(Answer answer) {
    try {
      return answer.status() + " " + encoding.read(answer.body());
    } catch (IOException e) {
      return answer.status() + " " + text(answer);
    }
  }

  private static String text(Answer answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }
}
