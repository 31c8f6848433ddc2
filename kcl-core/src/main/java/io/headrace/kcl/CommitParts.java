package io.headrace.kcl;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a handler stores with its position: state roots, watermarks, timers. Opaque to everybody
 * else; small, since it rides in the progress item (1 KB in all).
 */
public record CommitParts(Map<String, byte[]> parts) {
  public static final CommitParts NONE = new CommitParts(Map.of());

  /**
   * The part that names records which lie before the position, in a durable store, and are not
   * handled yet: it outlives a move of the position, which would lose them.
   */
  public static final String PARKED = "parked";

  /**
   * The part that holds outputs which are decided and may not have left yet: it outlives a move of
   * the position, too.
   */
  public static final String OUTBOX = "outbox";

  /**
   * The part that says up to where records may have left together with others: it outlives a move
   * of the position, after which they must not leave in other company.
   */
  public static final String HORIZON = "horizon";

  public CommitParts {
    parts = StableCopy.of(parts);
  }

  public static CommitParts of(String name, byte[] bytes) {
    return new CommitParts(Map.of(name, bytes));
  }

  /** What is left of these when an operator moves the position: state begins empty. */
  public CommitParts moved() {
    var kept = new HashMap<>(parts);
    kept.keySet().retainAll(Set.of(PARKED, OUTBOX, HORIZON));
    return new CommitParts(kept);
  }

  /** These with others, which count where both have a part. */
  public CommitParts with(CommitParts others) {
    var all = new HashMap<>(parts);
    all.putAll(others.parts);
    return new CommitParts(all);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CommitParts that
        && parts.keySet().equals(that.parts.keySet())
        && parts.entrySet().stream()
            .allMatch(e -> Arrays.equals(e.getValue(), that.parts.get(e.getKey())));
  }

  @Override
  public int hashCode() {
    return parts.keySet().hashCode();
  }

  @Override
  public String toString() {
    var sizes = new LinkedHashMap<String, Integer>();
    parts.forEach((name, bytes) -> sizes.put(name, bytes.length));
    return "parts by size " + sizes;
  }
}
