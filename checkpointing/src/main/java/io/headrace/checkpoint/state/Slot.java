package io.headrace.checkpoint.state;

import org.jspecify.annotations.Nullable;

/**
 * What a layer says of a key.
 *
 * @param key whoever changes the entry goes on with this very object, which the cache has: it is
 *     encoded once, and found without comparing its text
 * @param value null where the entry was removed, and layers beneath may still hold it
 * @param weight about what it takes of memory, with its key and its object: asked when another one
 *     takes its place, and then neither key nor value need be touched, which are in no cache by
 *     then
 */
record Slot(EntryKey key, @Nullable StateValue value, int weight) {
  Slot(EntryKey key, @Nullable StateValue value) {
    this(key, value, key.weight() + 64 + (value == null ? 0 : value.weight()));
  }

  boolean isGone() {
    return value == null;
  }

  Lookup lookup() {
    return value == null ? Lookup.ABSENT : new Lookup.Found(key, value);
  }

  /** What it takes in a commit, at least. */
  int bytes() {
    return key.key().length() + (value == null ? 0 : value.bytes().length);
  }
}
