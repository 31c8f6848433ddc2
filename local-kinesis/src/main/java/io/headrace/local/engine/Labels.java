package io.headrace.local.engine;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What users attach to a stream or a consumer without changing what it does: tags by key, and a
 * resource policy. Immutable.
 *
 * @param policy the policy as it was put, or null when there is none
 */
public record Labels(SortedMap<String, String> tags, @Nullable String policy) {
  public static final Labels NONE = new Labels(new TreeMap<>(), null);

  public Labels {
    tags = Collections.unmodifiableSortedMap(new TreeMap<>(tags));
  }

  /** Labels of something new. */
  public static Labels ofTags(Map<String, String> tags) {
    return new Labels(new TreeMap<>(tags), null);
  }

  Labels withTags(Map<String, String> others) {
    return new Labels(new TreeMap<>(others), policy);
  }

  Labels withPolicy(@Nullable String other) {
    return new Labels(tags, other);
  }
}
