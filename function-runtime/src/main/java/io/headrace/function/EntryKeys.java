package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateValue;
import java.nio.ByteBuffer;
import java.time.Instant;

/** Under what a function's state is kept. A window's suffix is its start and end, in that order. */
final class EntryKeys {
  /** Under the key of a window that was not told yet; else {@link WindowMark} says what is. */
  static final StateValue OPEN = StateValue.of(new byte[0], 0);

  private static final int INSTANT_BYTES = Long.BYTES + Integer.BYTES;

  private EntryKeys() {}

  static EntryKey of(StateKey key) {
    return EntryKey.of(key.partitionKey(), key.key(), EntryKind.STATE);
  }

  static EntryKey sumOf(WindowKey window) {
    return of(window, EntryKind.WINDOW);
  }

  static EntryKey openOf(WindowKey window) {
    return of(window, EntryKind.OPEN_WINDOW);
  }

  private static EntryKey of(WindowKey window, EntryKind kind) {
    var suffix = ByteBuffer.allocate(2 * INSTANT_BYTES);
    write(suffix, window.span().start());
    write(suffix, window.span().end());
    return EntryKey.of(window.key().partitionKey(), window.key().key(), kind, suffix.array());
  }

  static StateKey keyOf(EntryKey entry) {
    return new StateKey(entry.partitionKey(), entry.key());
  }

  static WindowKey windowOf(EntryKey entry) {
    var suffix = ByteBuffer.wrap(entry.suffix());
    var start = readInstant(suffix);
    return new WindowKey(keyOf(entry), new Windows.Span(start, readInstant(suffix)));
  }

  /** With the sign turned round, so that earlier times come first. */
  private static void write(ByteBuffer to, Instant time) {
    to.putLong(time.getEpochSecond() ^ Long.MIN_VALUE).putInt(time.getNano());
  }

  private static Instant readInstant(ByteBuffer from) {
    return Instant.ofEpochSecond(from.getLong() ^ Long.MIN_VALUE, from.getInt());
  }
}
