package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import io.headrace.local.fault.FaultRules;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/**
 * Faults over HTTP: GET tells them, PUT sets them to what its body says, DELETE takes them away;
 * all three answer with what there is now, as a file that PUT takes again. Any thread.
 */
final class FaultEndpoint {
  static final String PATH = "/_headrace/faults";

  private static final Map<String, String> HEADERS =
      Map.of("content-type", "application/json", "cache-control", "no-store");

  private final FaultRules rules;
  private final Set<String> actions;

  FaultEndpoint(FaultRules rules, Set<String> actions) {
    this.rules = rules;
    this.actions = actions;
  }

  static boolean isAskedFor(Request request) {
    return request.path().equals(PATH);
  }

  Reply answer(Request request) {
    // A page in somebody's browser must not break the server on the same machine.
    if (request.header("origin") != null) {
      return refusal(403, "Faults cannot be set from a browser's page.");
    }
    switch (request.method()) {
      case "GET" -> {}
      case "DELETE" -> rules.clear();
      case "PUT" -> {
        try {
          FaultFile.Content content = FaultFile.read("the body", request.body(), actions);
          rules.replace(content.rules(), content.seed());
        } catch (IllegalArgumentException e) {
          return refusal(400, String.valueOf(e.getMessage()));
        }
      }
      default -> {
        return refusal(405, "Use GET, PUT or DELETE.");
      }
    }
    byte[] text = FaultFile.write(rules.seed(), rules.rules()).getBytes(StandardCharsets.UTF_8);
    return new Reply.Whole(200, HEADERS, out -> out.write(text));
  }

  private static Reply refusal(int status, String message) {
    return new Reply.Whole(
        status,
        HEADERS,
        out -> {
          try (JsonGenerator generator = Wire.JSON.generator(out)) {
            generator.writeStartObject();
            generator.writeStringField("message", message);
            generator.writeEndObject();
          }
        });
  }
}
