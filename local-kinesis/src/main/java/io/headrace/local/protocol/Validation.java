package io.headrace.local.protocol;

import io.headrace.local.engine.KinesisError;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks the values of one request against what its fields declare, and words what it finds. */
final class Validation {
  private static final int ERRORS_MAX = 10;

  private final List<String> errors = new ArrayList<>();

  private Validation() {}

  /** Throws the service's ValidationException when any field does not satisfy what it must. */
  static void check(Fields fields) {
    Validation validation = new Validation();
    validation.structure("", fields);
    validation.throwErrors();
  }

  /** Throws as {@link #check} does when the request's own blob is larger than this. */
  static void checkSize(Fields fields, Field<byte[]> blob, int bytesMax) {
    Validation validation = new Validation();
    validation.size("", fields, blob, bytesMax);
    validation.throwErrors();
  }

  /** Throws as {@link #check} does when a blob in a list of structures is larger than this. */
  static void checkSizes(
      Field<List<Fields>> list, List<Fields> elements, Field<byte[]> blob, int bytesMax) {
    Validation validation = new Validation();
    for (int i = 0; i < elements.size(); i++) {
      Fields element = elements.get(i);
      if (element.require(blob).length > bytesMax) {
        String path = list.nameInSentence() + "." + (i + 1) + ".member.";
        validation.size(path, element, blob, bytesMax);
      }
    }
    validation.throwErrors();
  }

  private void size(String path, Fields fields, Field<byte[]> blob, int bytesMax) {
    Constraint constraint = Constraint.lengthMax(bytesMax);
    byte[] value = fields.require(blob);
    if (!constraint.holds().test(value)) {
      add(valueInSentence(blob.kind(), value), path, blob, constraint.says());
    }
  }

  private void throwErrors() {
    int count = errors.size();
    if (count > 0) {
      throw KinesisError.validation(
          count
              + (count == 1 ? " validation error" : " validation errors")
              + " detected: "
              + String.join("; ", errors));
    }
  }

  private void structure(String path, Fields fields) {
    List<Field<?>> declared = fields.structure().fields();
    for (int i = 0; i < declared.size(); i++) {
      field(path, declared.get(i), fields.at(i));
    }
  }

  private void field(String path, Field<?> field, @Nullable Object value) {
    if (value == null) {
      if (field.isRequired()) {
        add("Value null", path, field, "Member must not be null");
      }
      return;
    }
    for (Constraint constraint : field.constraints()) {
      if (!constraint.holds().test(value)) {
        add(valueInSentence(field.kind(), value), path, field, constraint.says());
      }
    }
    if (value instanceof Fields nested) {
      structure(path + field.nameInSentence() + ".", nested);
    } else if (value instanceof List<?> list) {
      elements(path + field.nameInSentence() + ".", list);
    }
  }

  private void elements(String path, List<?> list) {
    for (int i = 0; i < list.size() && errors.size() < ERRORS_MAX; i++) {
      Object element = list.get(i);
      if (element instanceof Fields fields && !isValid(fields)) {
        structure(path + (i + 1) + ".member.", fields);
      }
    }
  }

  // Saves the text of a path for each of the hundreds of records that have no error.
  private static boolean isValid(Fields fields) {
    List<Field<?>> declared = fields.structure().fields();
    for (int i = 0; i < declared.size(); i++) {
      Object value = fields.at(i);
      if (value == null ? declared.get(i).isRequired() : !holds(declared.get(i), value)) {
        return false;
      }
    }
    return true;
  }

  private static boolean holds(Field<?> field, Object value) {
    for (Constraint constraint : field.constraints()) {
      if (!constraint.holds().test(value)) {
        return false;
      }
    }
    return !(value instanceof Fields) && !(value instanceof List<?>);
  }

  private static String valueInSentence(Kind kind, Object value) {
    if (kind instanceof Kind.Blob) {
      // The service does not repeat payloads, and neither do we.
      return "Value";
    }
    if (kind instanceof Kind.ListOf listOf && value instanceof List<?> list) {
      List<String> names = list.stream().map(element -> listOf.memberName()).toList();
      return "Value '[" + String.join(", ", names) + "]'";
    }
    // Lists and maps of strings come out as the service writes them.
    return "Value '" + value + "'";
  }

  private void add(String value, String path, Field<?> field, String constraint) {
    if (errors.size() < ERRORS_MAX) {
      errors.add(
          value
              + " at '"
              + path
              + field.nameInSentence()
              + "' failed to satisfy constraint: "
              + constraint);
    }
  }
}
