package io.headrace.lease;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a worker tells the others of the code that it runs. During a roll shards go only to workers
 * of the deployment that started last, and a state is written in a newer version only once every
 * living worker reads it.
 *
 * @param id the operator's name for what is deployed, the same for all of its workers; empty when
 *     none is given
 * @param reads for each function with state the newest version of its codec that can be read here;
 *     older ones can, too. Under {@code function@part} the same of what the function keeps beside
 *     its state, in the streams between its stages, say
 */
public record Deployment(String id, Map<String, Integer> reads) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._:/+-]{0,64}");

  /** A worker that says nothing of its code. */
  public static final Deployment UNNAMED = new Deployment("", Map.of());

  public Deployment {
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "deployment \"" + id + "\": must be at most 64 letters, digits or . _ : / + -");
    }
    reads.forEach(
        (function, version) -> {
          if (version < 0) {
            throw new IllegalArgumentException(
                "function " + function + ": codec version " + version + " must not be negative");
          }
        });
    reads = Collections.unmodifiableMap(new TreeMap<>(reads));
  }

  /**
   * The newest version that can be read here of what lies under this name. A worker that runs a
   * function and says nothing of a part of it was built before there was one; of functions that it
   * does not run it is not asked.
   */
  int newestReadOf(String name) {
    var told = reads.get(name);
    if (told != null) {
      return told;
    }
    int at = name.indexOf('@');
    return at >= 0 && reads.containsKey(name.substring(0, at)) ? 0 : Integer.MAX_VALUE;
  }
}
