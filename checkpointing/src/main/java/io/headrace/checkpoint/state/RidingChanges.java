package io.headrace.checkpoint.state;

import io.headrace.kcl.StableCopy;
import java.util.List;
import java.util.Map;

/**
 * What has changed since a root was stored, as it rides in the commit beside where that root lies:
 * so a commit of few changes takes one write, however much state there is.
 *
 * @param notes all of the shard's
 * @param entries newer than those of the root and its runs; removed ones too
 */
record RidingChanges(Map<String, byte[]> notes, List<RawEntry> entries) {
  RidingChanges {
    notes = StableCopy.of(notes);
    entries = List.copyOf(entries);
  }
}
