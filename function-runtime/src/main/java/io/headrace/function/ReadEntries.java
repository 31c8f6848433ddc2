package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.Lookup;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.StableCopy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What was read for one task while it waited. It stays true while the task is the first of its
 * lane, as nothing else changes its key. Immutable; replaced on the worker loop, asked by attempts.
 */
record ReadEntries(Map<EntryKey, Optional<StateValue>> read) {
  /** What most tasks have: whatever they ask for is in memory. */
  static final ReadEntries NONE = new ReadEntries(Map.of());

  ReadEntries {
    read = StableCopy.of(read);
  }

  ReadEntries with(EntryKey key, Optional<StateValue> value) {
    var more = new HashMap<>(read);
    more.put(key, value);
    return new ReadEntries(more);
  }

  /**
   * One entry; null where there is none.
   *
   * @throws StateLoading when it is not in memory
   */
  @Nullable StateValue look(StateSpace space, EntryKey key) throws StateLoading {
    var found = find(space, key);
    return found == null ? null : found.value();
  }

  /**
   * One entry, with the key under which it is best changed; null where there is none.
   *
   * @throws StateLoading when it is not in memory
   */
  Lookup.@Nullable Found find(StateSpace space, EntryKey key) throws StateLoading {
    var lookup = space.look(key);
    if (lookup instanceof Lookup.Found found) {
      return found;
    }
    if (!(lookup instanceof Lookup.Loading loading)) {
      return null;
    }
    var known = read.get(key);
    if (known == null) {
      throw new StateLoading(Map.of(key, loading.answer()));
    }
    return known.map(value -> new Lookup.Found(key, value)).orElse(null);
  }

  /**
   * Those of the entries that are.
   *
   * @throws StateLoading when some are not in memory
   */
  Map<EntryKey, StateValue> look(StateSpace space, List<EntryKey> keys) throws StateLoading {
    var found = new HashMap<EntryKey, StateValue>();
    var missing = new HashMap<EntryKey, CompletionStage<Optional<StateValue>>>();
    for (var key : keys) {
      var lookup = space.look(key);
      if (lookup instanceof Lookup.Found value) {
        found.put(key, value.value());
      } else if (lookup instanceof Lookup.Loading loading) {
        var known = read.get(key);
        if (known == null) {
          missing.put(key, loading.answer());
        } else {
          known.ifPresent(value -> found.put(key, value));
        }
      }
    }
    if (!missing.isEmpty()) {
      throw new StateLoading(missing);
    }
    return found;
  }
}
