package io.headrace.function.filter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.headrace.function.FilterException;
import java.io.IOException;
import java.util.List;

/**
 * What may stand at the top of a pattern. The library takes any name there, and a name that no
 * record has would filter everything in silence.
 */
final class PatternFields {
  static final String DATA = "data";
  static final String PARTITION_KEY = "partitionKey";
  static final String SEQUENCE_NUMBER = "sequenceNumber";
  static final String ARRIVAL = "approximateArrivalTimestamp";
  static final String SCHEMA_VERSION = "kinesisSchemaVersion";
  static final String HEADERS = "headers";

  private static final List<String> KNOWN =
      List.of(DATA, PARTITION_KEY, SEQUENCE_NUMBER, ARRIVAL, SCHEMA_VERSION, HEADERS);
  static final String OR = "$or";
  private static final JsonFactory JSON = new JsonFactory();

  private final int index;
  private final JsonParser parser;

  private PatternFields(int index, JsonParser parser) {
    this.index = index;
    this.parser = parser;
  }

  /**
   * @throws FilterException for a name at the top that no record has, and for what follows the
   *     pattern
   * @throws IOException for what is not JSON
   */
  static void check(int index, String pattern) throws IOException {
    try (var parser = JSON.createParser(pattern)) {
      var fields = new PatternFields(index, parser);
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw fields.complaint(
            "must be a JSON object, such as {\"data\": {\"order\": {\"type\": [\"buy\"]}}}");
      }
      fields.checkObject();
      if (parser.nextToken() != null) {
        throw fields.complaint("something follows the pattern; give each pattern by itself");
      }
    }
  }

  private void checkObject() throws IOException {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      boolean known = KNOWN.contains(name) || name.equals(OR);
      if (!known) {
        throw complaint(
            "\""
                + name
                + "\" is no field of a record; it must be one of "
                + String.join(", ", KNOWN)
                + " or "
                + OR);
      }
      var value = parser.nextToken();
      if (name.equals(OR)) {
        checkAlternatives(value);
      } else {
        checkValue(name, value);
      }
    }
  }

  /** The payload has fields, the others are values. */
  private void checkValue(String name, JsonToken value) throws IOException {
    boolean fields = name.equals(DATA) || name.equals(HEADERS);
    if (fields && value != JsonToken.START_OBJECT) {
      throw complaint(
          "\""
              + name
              + "\" must be an object of patterns for its fields, such as {\""
              + name
              + "\": {\"type\": [\"buy\"]}}");
    }
    if (!fields && value != JsonToken.START_ARRAY) {
      throw complaint(
          "\"" + name + "\" must be a list of patterns, such as {\"" + name + "\": [\"a\"]}");
    }
    parser.skipChildren();
  }

  /** What is wrong with the list itself, the library says. */
  private void checkAlternatives(JsonToken value) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      return;
    }
    for (var each = parser.nextToken(); each != JsonToken.END_ARRAY; each = parser.nextToken()) {
      if (each == JsonToken.START_OBJECT) {
        checkObject();
      } else {
        parser.skipChildren();
      }
    }
  }

  private FilterException complaint(String reason) {
    var at = parser.currentTokenLocation();
    return new FilterException(
        index, Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()), reason);
  }
}
