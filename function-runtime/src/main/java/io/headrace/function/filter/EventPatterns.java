package io.headrace.function.filter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.headrace.function.FilterException;
import io.headrace.function.RecordFilter;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;
import software.amazon.event.ruler.Patterns;

/**
 * The pattern language of Amazon EventBridge, by its own library. Stateless; used by whoever makes
 * a specification, through {@link java.util.ServiceLoader}.
 *
 * <p>A pattern is a disjunction once its {@code $or}s are written out, and each alternative either
 * names the payload or does not. Those that do not are asked first: they need no JSON.
 */
public final class EventPatterns implements RecordFilter.Language {
  private static final int PATTERNS_MAX = 100;
  private static final int CHARACTERS_MAX = 65_536;

  /** As many as EventBridge allows: the library writes each of them out. */
  private static final int ALTERNATIVES_MAX = 1_000;

  private static final ObjectReader JSON = new ObjectMapper().reader();

  /** What matching answers; one name is enough, as any match lets a record through. */
  private static final String RULE = "rule";

  @Override
  public RecordFilter compile(List<String> patterns) {
    if (patterns.isEmpty() || patterns.size() > PATTERNS_MAX) {
      throw new FilterException(
          0, 0, 0, "there must be 1 to " + PATTERNS_MAX + " patterns, found " + patterns.size());
    }
    var byMetadata = Machine.builder().build();
    var whereDataDecides = Machine.builder().build();
    var byData = Machine.builder().build();
    boolean dataDecidesAlways = false;
    for (int i = 0; i < patterns.size(); i++) {
      for (var rule : alternatives(i, patterns.get(i))) {
        var metadata = withoutData(rule);
        if (metadata.size() == rule.size()) {
          add(i, byMetadata, rule);
          continue;
        }
        add(i, byData, rule);
        dataDecidesAlways |= metadata.isEmpty();
        if (!metadata.isEmpty()) {
          add(i, whereDataDecides, metadata);
        }
      }
    }
    return new PatternFilter(byMetadata, whereDataDecides, byData, dataDecidesAlways);
  }

  private static List<Map<String, List<Patterns>>> alternatives(int index, String pattern) {
    if (pattern.length() > CHARACTERS_MAX) {
      throw new FilterException(
          index, 0, 0, "must have at most 65,536 characters, found " + pattern.length());
    }
    try {
      PatternFields.check(index, pattern);
      if (count(JSON.readTree(pattern)) > ALTERNATIVES_MAX) {
        throw new FilterException(
            index,
            0,
            0,
            "has more than 1,000 alternatives once every $or is written out; nest fewer of them, or"
                + " give several patterns");
      }
      return JsonRuleCompiler.compile(pattern);
    } catch (JsonProcessingException wrong) {
      var at = wrong.getLocation();
      throw new FilterException(
          index,
          at == null ? 0 : at.getLineNr(),
          at == null ? 0 : at.getColumnNr(),
          firstLine(wrong.getOriginalMessage()));
    } catch (FilterException wrong) {
      throw wrong;
    } catch (IOException | RuntimeException wrong) {
      throw new FilterException(index, 0, 0, firstLine(String.valueOf(wrong.getMessage())));
    }
  }

  /** How many alternatives there are, exact up to the most that there may be. */
  private static int count(JsonNode object) {
    int all = 1;
    for (var field : object.properties()) {
      int here = 0;
      if (field.getKey().equals(PatternFields.OR)) {
        for (var alternative : field.getValue()) {
          here = Math.min(here + count(alternative), ALTERNATIVES_MAX + 1);
        }
      } else if (field.getValue().isObject()) {
        here = count(field.getValue());
      }
      all = Math.min(all * Math.max(here, 1), ALTERNATIVES_MAX + 1);
    }
    return all;
  }

  private static void add(int index, Machine machine, Map<String, List<Patterns>> rule) {
    try {
      machine.addPatternRule(RULE, rule);
    } catch (RuntimeException wrong) {
      throw new FilterException(index, 0, 0, firstLine(String.valueOf(wrong.getMessage())));
    }
  }

  private static Map<String, List<Patterns>> withoutData(Map<String, List<Patterns>> rule) {
    var metadata = new HashMap<>(rule);
    metadata.keySet().removeIf(field -> field.startsWith(PatternFields.DATA + "."));
    return metadata;
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("is no pattern");
  }
}
