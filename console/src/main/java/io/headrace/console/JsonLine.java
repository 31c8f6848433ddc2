package io.headrace.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.LinkedHashMap;
import java.util.Map;

/** The last line of a command with {@code --json}: one object, which scripts read. */
final class JsonLine {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);

  private JsonLine() {}

  /** The same over many lines, for people. */
  static String pretty(Map<String, ?> values) {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(values);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("figures that JSON can't hold", impossible);
    }
  }

  static String of(Map<String, ?> values) {
    try {
      return MAPPER.writeValueAsString(values);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("figures that JSON can't hold", impossible);
    }
  }

  /**
   * Reads a line that is one object.
   *
   * @throws IllegalArgumentException when it is none; without the line, which may be data
   */
  static Map<String, Object> read(String line) {
    try {
      return MAPPER.readValue(line, new TypeReference<LinkedHashMap<String, Object>>() {});
    } catch (JsonProcessingException wrong) {
      var at = wrong.getLocation();
      throw new IllegalArgumentException(
          "is not one JSON object" + (at == null ? "" : ", at column " + at.getColumnNr()), wrong);
    }
  }
}
