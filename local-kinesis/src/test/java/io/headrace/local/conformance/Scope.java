package io.headrace.local.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a case knows while it runs: who asks, the time, and what earlier answers brought. Fills the
 * placeholders of texts, and makes values of what a case file writes:
 *
 * <ul>
 *   <li><code>${name}</code>: what an answer brought; <code>${account}</code>, <code>${region}
 *       </code>, <code>${arn orders}</code>, <code>${repeat a 129}</code>, <code>${hex ff}</code>
 *       (in decimal), <code>${millis now-PT1S}</code>
 *   <li><code>{"$blob": text}</code>, <code>{"$zeros": bytes}</code>, <code>{"$time": "now-PT1S"}
 *       </code>, <code>{"$many": [3, value]}</code>, <code>{"$entries": [3, "key${i}", value]}
 *       </code>
 * </ul>
 */
final class Scope {
  private static final Pattern PLACE = Pattern.compile("\\$\\{([^}]*)}");

  private final TestClock clock;
  private final Map<String, Object> values = new HashMap<>();

  Scope(TestClock clock, String account, String region) {
    this.clock = clock;
    values.put("account", account);
    values.put("region", region);
  }

  String account() {
    return (String) need("account");
  }

  String region() {
    return (String) need("region");
  }

  void keep(String name, Object value) {
    values.put(name, value);
  }

  Object need(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw new IllegalStateException("the case uses ${" + name + "} before anything sets it");
    }
    return value;
  }

  /** The text with its placeholders filled. */
  String text(String template) {
    if (template.indexOf('$') < 0) {
      return template;
    }
    Matcher matcher = PLACE.matcher(template);
    StringBuilder filled = new StringBuilder();
    while (matcher.find()) {
      matcher.appendReplacement(filled, Matcher.quoteReplacement(place(matcher.group(1))));
    }
    return matcher.appendTail(filled).toString();
  }

  /** The time that a text like {@code now-PT1S} or {@code created} says. */
  Instant time(String words) {
    int sign = Math.max(words.indexOf('+'), words.indexOf("-P"));
    String name = sign < 0 ? words : words.substring(0, sign);
    Instant base =
        name.equals("now")
            ? clock.instant()
            : values.get(name) instanceof Instant kept ? kept : Instant.parse(name);
    if (sign < 0) {
      return base;
    }
    Duration shift = Duration.parse(words.substring(sign + 1));
    return words.charAt(sign) == '+' ? base.plus(shift) : base.minus(shift);
  }

  /** The value that a node of a case file stands for. */
  @Nullable Object value(JsonNode node) {
    if (node.isObject()) {
      return object(node);
    }
    if (node.isArray()) {
      List<@Nullable Object> list = new ArrayList<>();
      node.forEach(element -> list.add(value(element)));
      return list;
    }
    if (node.isTextual()) {
      return text(node.textValue());
    }
    if (node.isNumber()) {
      return node.decimalValue();
    }
    return node.isNull() ? null : node.booleanValue();
  }

  private @Nullable Object object(JsonNode node) {
    String first = node.isEmpty() ? "" : node.fieldNames().next();
    JsonNode argument = node.path(first);
    return switch (first) {
      case "$blob" -> text(argument.textValue()).getBytes(StandardCharsets.UTF_8);
      case "$zeros" -> new byte[argument.intValue()];
      case "$time" -> time(argument.textValue());
      case "$many" -> many(argument);
      case "$entries" -> entries(argument);
      default -> fields(node);
    };
  }

  private Map<String, @Nullable Object> fields(JsonNode node) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    node.properties().forEach(each -> map.put(text(each.getKey()), value(each.getValue())));
    return map;
  }

  private List<@Nullable Object> many(JsonNode argument) {
    List<@Nullable Object> list = new ArrayList<>();
    for (int i = 0; i < argument.path(0).intValue(); i++) {
      keep("i", Integer.toString(i));
      list.add(value(argument.path(1)));
    }
    return list;
  }

  private Map<String, @Nullable Object> entries(JsonNode argument) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < argument.path(0).intValue(); i++) {
      keep("i", Integer.toString(i));
      map.put(text(argument.path(1).textValue()), value(argument.path(2)));
    }
    return map;
  }

  private String place(String words) {
    String[] parts = words.split(" ", 3);
    return switch (parts[0]) {
      case "arn" -> "arn:aws:kinesis:" + region() + ":" + account() + ":stream/" + text(parts[1]);
      case "repeat" -> parts[1].repeat(Integer.parseInt(parts[2]));
      case "hex" -> new BigInteger(parts[1], 16).toString();
      case "millis" -> Long.toString(time(parts[1]).toEpochMilli());
      default -> need(parts[0]).toString();
    };
  }
}
