package io.headrace.checkpoint.state;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.StableCopy;
import java.util.Map;

/**
 * A commit that a shard's state goes on from: its own last one, or that of a parent.
 *
 * @param range the keys of the shard that made the commit
 * @param notes what {@link StateSpace#note} kept beside the entries, by name
 */
public record StateOrigin(HashRange range, Map<String, byte[]> notes) {
  public StateOrigin {
    notes = StableCopy.of(notes);
  }

  /** Without the notes. */
  @Override
  public String toString() {
    return "commit with notes " + notes.keySet();
  }
}
