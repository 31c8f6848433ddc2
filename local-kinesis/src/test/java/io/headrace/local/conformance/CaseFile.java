package io.headrace.local.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The cases of one action, and what is known of it that the cases cannot settle. */
record CaseFile(String action, List<Case> cases, List<String> differences) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The cases that every action has in common; their requests go to each of them. */
  static final String EVERY_ACTION = "EveryAction";

  static JsonNode resource(String name) {
    JsonNode node = resourceIfThere(name);
    if (node == null) {
      throw new IllegalStateException("src/test/resources/conformance/" + name + " is missing");
    }
    return node;
  }

  /** The file of an action, with the cases that every action has; empty when it has no file. */
  static CaseFile of(String action) {
    List<Case> cases = new ArrayList<>();
    List<String> differences = new ArrayList<>();
    JsonNode file = resourceIfThere(action + ".json");
    if (file != null) {
      file.path("cases").forEach(each -> cases.add(new Case(action, each)));
      file.path("differences").forEach(each -> differences.add(each.textValue()));
    }
    return new CaseFile(action, List.copyOf(cases), List.copyOf(differences));
  }

  static List<Case> ofEveryAction(String action) {
    List<Case> cases = new ArrayList<>();
    resource(EVERY_ACTION + ".json")
        .path("cases")
        .forEach(each -> cases.add(new Case(action, each)));
    return cases;
  }

  private static @Nullable JsonNode resourceIfThere(String name) {
    try (InputStream in = CaseFile.class.getResourceAsStream("/conformance/" + name)) {
      return in == null ? null : MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("conformance/" + name + " is no JSON", e);
    }
  }
}
