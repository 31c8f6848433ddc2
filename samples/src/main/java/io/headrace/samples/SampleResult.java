package io.headrace.samples;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a sample's outputs are worth.
 *
 * @param figures values by name, in the order they are shown: numbers, booleans, text, and maps of
 *     these; a figure that has no value, such as the precision of no alarms, is left out
 * @param lines the same for a person
 */
public record SampleResult(String name, Map<String, Object> figures, List<String> lines) {
  public SampleResult {
    figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    lines = List.copyOf(lines);
  }
}
