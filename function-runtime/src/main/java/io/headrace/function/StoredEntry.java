package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateValue;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One thing that a function keeps, as it is stored: the state of a key, the sum of a window, a
 * timer, and what the runtime keeps beside them. Immutable; any thread.
 */
public final class StoredEntry {
  private final EntryKey key;
  private final StateValue value;

  StoredEntry(EntryKey key, StateValue value) {
    this.key = key;
    this.value = value;
  }

  /**
   * An entry that was read elsewhere.
   *
   * @param suffix tells entries of one key and kind apart, as {@link #suffix} has it
   * @param codecVersion of the codec that wrote the bytes, at least 0
   */
  public static StoredEntry of(
      String partitionKey,
      String key,
      EntryKind kind,
      byte[] suffix,
      int codecVersion,
      byte[] bytes) {
    return new StoredEntry(
        EntryKey.of(partitionKey, key, kind, suffix), StateValue.of(bytes.clone(), codecVersion));
  }

  /**
   * What a timer is set to.
   *
   * @param expiry whether it is the runtime's own, at which the key's state is forgotten
   */
  public record SetTimer(String name, Instant due, WakeUp.Clock clock, boolean expiry) {}

  /** When a window begins and ends. */
  public record Span(Instant start, Instant end) {}

  public String partitionKey() {
    return key.partitionKey();
  }

  /** Equal to {@link #partitionKey} where a function keeps no other. */
  public String key() {
    return key.key();
  }

  public EntryKind kind() {
    return key.kind();
  }

  /** Tells entries of one key and kind apart; empty for the state of a key. A copy. */
  public byte[] suffix() {
    return key.suffix();
  }

  /** Of the codec that wrote {@link #bytes}: the function's for states and sums, else ours. */
  public int codecVersion() {
    return value.codecVersion();
  }

  /** As it is stored. A copy. */
  public byte[] bytes() {
    return value.bytes().clone();
  }

  /** Whose sum it is, for {@link EntryKind#WINDOW} and {@link EntryKind#OPEN_WINDOW}. */
  public Optional<Span> window() {
    if (kind() != EntryKind.WINDOW && kind() != EntryKind.OPEN_WINDOW) {
      return Optional.empty();
    }
    var span = EntryKeys.windowOf(key).span();
    return Optional.of(new Span(span.start(), span.end()));
  }

  /** What is set, for {@link EntryKind#TIMER}. */
  public Optional<SetTimer> timer() {
    if (kind() != EntryKind.TIMER) {
      return Optional.empty();
    }
    var timer = Timer.read(key, value);
    return Optional.of(
        new SetTimer(
            timer.name(), timer.due(), timer.told().clock(), timer.kind() == Timer.Kind.EXPIRY));
  }

  /**
   * What the bytes stand for.
   *
   * @param codec that of the function's state or sums
   * @throws Exception as the codec does
   */
  public <S> S decoded(Codec<S> codec) throws Exception {
    return codec.decode(bytes(), codecVersion());
  }

  EntryKey entryKey() {
    return key;
  }

  StateValue value() {
    return value;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StoredEntry that && key.equals(that.key) && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return Objects.hash(key, value);
  }

  /** Without key and value, which never reach a log. */
  @Override
  public String toString() {
    return key + ", " + value;
  }
}
