package io.headrace.checkpoint.state;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The latest root that was stored as a chunk, on which commits of few changes ride. Immutable.
 *
 * @param inline what it has by itself
 * @param cold the runs that it names
 * @param resident the runs that it names
 */
record StoredRoot(RootRef ref, Map<EntryKey, Slot> inline, List<Run> cold, List<Run> resident) {
  /** What a snapshot has stored on which the next ones may ride; null where its root rides. */
  static @Nullable StoredRoot of(Flush.Stored stored) {
    return stored
        .rootChunk()
        .map(
            chunk ->
                new StoredRoot(
                    RootRef.read(chunk, stored.part()),
                    stored.inline(),
                    stored.cold(),
                    stored.resident()))
        .orElse(null);
  }

  /**
   * A snapshot that stores no chunk: this root, and what is not as it has it.
   *
   * @param coldNow as they are by now; a root that names others must be stored for their sake
   * @param residentNow as they are by now
   * @param changes all that is above the runs
   * @param cost of the commits that ride on it by now
   * @return empty where that is too much to ride
   */
  @SuppressWarnings("ReferenceEquality")
  Optional<Flush.Stored> riding(
      List<Run> coldNow,
      List<Run> residentNow,
      Map<String, byte[]> notes,
      Map<EntryKey, Slot> changes,
      RideCost cost,
      StateRules rules) {
    if (!rules.ridesOn(coldNow == cold && residentNow == resident)) {
      return Optional.empty();
    }
    var entries = new ArrayList<RawEntry>();
    var left = new HashMap<EntryKey, Slot>();
    int bytes = 0;
    for (var change : changes.entrySet()) {
      var key = change.getKey();
      var slot = change.getValue();
      var stored = inline.get(key);
      boolean beneath = stored != null || !(key.kind().isResident() ? resident : cold).isEmpty();
      if (slot.isGone() && rules.dropsTombstone(beneath)) {
        continue;
      }
      left.put(key, slot);
      if (slot != stored) {
        bytes += slot.bytes();
        if (bytes > Flush.PACKED_BYTES_MAX) {
          return Optional.empty();
        }
        entries.add(new RawEntry(key.encoded(), slot.value()));
      }
    }
    entries.sort(null);
    byte[] part = ref.with(new RidingChanges(notes, entries)).write();
    return cost.allows(part.length)
        ? Optional.of(new Flush.Stored(part, Optional.of(ref.chunk()), left, cold, resident))
        : Optional.empty();
  }
}
