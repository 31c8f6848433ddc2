package io.headrace.local.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What the service's own model declares: its actions, the constraints of their fields and the
 * errors they may answer. It is a resource, taken from the model that AWS publishes for its SDKs.
 */
final class ServiceModel {
  private static final JsonNode MODEL = CaseFile.resource("model.json");

  private ServiceModel() {}

  /** All actions, by name in alphabetical order. */
  static List<String> actions() {
    List<String> actions = new ArrayList<>();
    MODEL.path("actions").fieldNames().forEachRemaining(actions::add);
    return actions;
  }

  /** The constraints of an action's request, each as field and kind: {@code streamName max}. */
  static List<String> constraints(String action) {
    return texts(action, "constraints");
  }

  /** The errors that an action may answer. */
  static List<String> errors(String action) {
    return texts(action, "errors");
  }

  private static List<String> texts(String action, String field) {
    List<String> texts = new ArrayList<>();
    MODEL.path("actions").path(action).path(field).forEach(each -> texts.add(each.textValue()));
    return texts;
  }
}
