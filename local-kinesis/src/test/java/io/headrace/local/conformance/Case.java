package io.headrace.local.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** One case of an action, as its file writes it. */
record Case(String action, JsonNode node) {
  /** What a case is about, as the page counts them. */
  enum Kind {
    VALID,
    CONSTRAINT,
    ERROR
  }

  String name() {
    return node.path("name").textValue();
  }

  /** A 200 is a valid case; a value that the model forbids a constraint; the rest are errors. */
  Kind kind() {
    JsonNode expect = node.path("expect");
    if (expect.has("violations") || expect.has("serialization") || node.has("breaks")) {
      return Kind.CONSTRAINT;
    }
    return expect.has("error") ? Kind.ERROR : Kind.VALID;
  }

  /** The constraints of the service's model that this case breaks, as {@link Constraints} says. */
  List<String> breaks() {
    List<String> broken = new ArrayList<>();
    node.path("breaks").forEach(each -> broken.add(each.textValue()));
    node.path("expect")
        .path("violations")
        .forEach(each -> broken.add(Violation.of(each.textValue()).constraint()));
    return broken;
  }

  /** The name of the server's settings that the case needs. */
  String server() {
    return node.path("server").asText("plain");
  }

  boolean runsWith(Encoding encoding) {
    return !node.has("only") || node.path("only").textValue().equals(encoding.name());
  }

  List<JsonNode> steps(String name) {
    List<JsonNode> steps = new ArrayList<>();
    node.path(name).forEach(steps::add);
    return steps;
  }
}
