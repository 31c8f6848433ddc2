package io.headrace.checkpoint.state;

import org.jspecify.annotations.Nullable;

/**
 * What a layer says of a key.
 *
 * @param value null where the entry was removed, and layers beneath may still hold it
 */
record Slot(@Nullable StateValue value) {
  static final Slot GONE = new Slot(null);

  boolean isGone() {
    return value == null;
  }

  Lookup lookup() {
    return value == null ? Lookup.ABSENT : new Lookup.Found(value);
  }

  /** About what it takes of memory under this key, with its object. */
  int weightUnder(EntryKey key) {
    return key.weight() + 64 + (value == null ? 0 : value.weight());
  }
}
