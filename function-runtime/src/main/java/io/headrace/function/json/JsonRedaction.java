package io.headrace.function.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.headrace.function.Redaction;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes named fields out of JSON payloads, and their values out of messages that quote them. A
 * payload that is no JSON object or array, or has a member twice, is not shown at all, since nobody
 * knows what it holds. What is not named stays as it is, numbers digit by digit. Immutable.
 */
public final class JsonRedaction implements Redaction {
  static final String TAKEN_OUT = "[redacted]";

  /** A shorter value is taken out of a message only where it stands by itself. */
  private static final int ANYWHERE_CHARACTERS_MIN = 3;

  /** So long a number is written out at most: an exponent of nine digits is a gigabyte. */
  private static final int DIGITS_MAX = 400;

  /**
   * What lies behind the end is none of the fields that were looked at, nor is the first of two
   * members of one name.
   */
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final List<List<String>> pointers;

  private JsonRedaction(List<List<String>> pointers) {
    this.pointers = pointers;
  }

  /**
   * Names fields by <a href="https://www.rfc-editor.org/rfc/rfc6901">JSON pointers</a>, in which
   * {@code *} stands for any member or element: {@code /card/number}, {@code /items/*}{@code
   * /price}.
   *
   * @throws IllegalArgumentException for a pointer that is none; names it
   */
  public static JsonRedaction of(String... pointers) {
    return of(List.of(pointers));
  }

  /** As {@link #of(String...)}. */
  public static JsonRedaction of(List<String> pointers) {
    return new JsonRedaction(pointers.stream().map(JsonRedaction::parse).toList());
  }

  private static List<String> parse(String pointer) {
    if (!pointer.startsWith("/") || pointer.matches(".*~([^01].*)?")) {
      throw new IllegalArgumentException(
          "JSON pointer \""
              + pointer
              + "\": must begin with / and hold ~ only as ~0 (a ~) or ~1 (a /), such as"
              + " /card/number");
    }
    var steps = new ArrayList<String>();
    for (var step : pointer.substring(1).split("/", -1)) {
      steps.add(step.replace("~1", "/").replace("~0", "~"));
    }
    return List.copyOf(steps);
  }

  @Override
  public Redacted apply(byte[] payload, String message) {
    JsonNode root;
    try {
      root = MAPPER.readTree(payload);
    } catch (IOException noJson) {
      root = null;
    }
    // A text may well hold JSON, but a pointer does not lead into it.
    if (root == null || !root.isContainerNode()) {
      return new Redacted(
          ("[redacted: " + payload.length + " bytes that are no JSON object]").getBytes(UTF_8),
          TAKEN_OUT);
    }
    var values = new HashSet<String>();
    for (var steps : pointers) {
      takeOut(root, steps, 0, values);
    }
    if (values.isEmpty()) {
      return new Redacted(payload, message);
    }
    try {
      return new Redacted(MAPPER.writeValueAsBytes(root), without(message, values));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a tree of JSON is always written", impossible);
    }
  }

  private static void takeOut(JsonNode node, List<String> steps, int at, Set<String> values) {
    var step = steps.get(at);
    boolean last = at == steps.size() - 1;
    if (node instanceof ObjectNode object) {
      var names = new ArrayList<String>();
      object.fieldNames().forEachRemaining(names::add);
      for (var name : names) {
        if (!step.equals("*") && !step.equals(name)) {
          continue;
        }
        if (last) {
          collect(object.get(name), values);
          object.set(name, TextNode.valueOf(TAKEN_OUT));
        } else {
          takeOut(object.get(name), steps, at + 1, values);
        }
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        if (!step.equals("*") && !step.equals(Integer.toString(i))) {
          continue;
        }
        if (last) {
          collect(array.get(i), values);
          array.set(i, TextNode.valueOf(TAKEN_OUT));
        } else {
          takeOut(array.get(i), steps, at + 1, values);
        }
      }
    }
  }

  /** Every value that a message might quote. */
  private static void collect(JsonNode node, Set<String> values) {
    if (node.isValueNode()) {
      values.add(node.asText());
      if (node.isTextual()) {
        var quoted = node.toString();
        values.add(quoted.substring(1, quoted.length() - 1));
      } else if (node.isBigDecimal() && isShort(node.decimalValue())) {
        values.add(node.decimalValue().toPlainString());
      }
    } else {
      values.add(node.toString());
      node.forEach(inner -> collect(inner, values));
    }
  }

  private static boolean isShort(BigDecimal number) {
    return number.precision() < DIGITS_MAX && Math.abs((long) number.scale()) < DIGITS_MAX;
  }

  private static String without(String message, Set<String> values) {
    var clean = message;
    var longestFirst = new ArrayList<>(values);
    longestFirst.sort((one, other) -> Integer.compare(other.length(), one.length()));
    for (var value : longestFirst) {
      if (value.length() >= ANYWHERE_CHARACTERS_MIN) {
        clean = clean.replace(value, TAKEN_OUT);
      } else if (!value.isEmpty()) {
        clean =
            clean.replaceAll(
                "(?<![\\p{L}\\p{N}])" + Pattern.quote(value) + "(?![\\p{L}\\p{N}])",
                Matcher.quoteReplacement(TAKEN_OUT));
      }
    }
    return clean;
  }
}
