package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Position;
import io.headrace.kcl.StreamRecord;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ids of a shard's records of late, each with the place of the first record that had it: so a
 * record that is handed over again is no duplicate of itself. Ids are kept under the record's
 * partition key, by which they go to the children of a split; the first to come is the first to be
 * forgotten. Owned by the worker loop.
 */
final class SeenIds {
  /** How many ids a shard remembers, however long it is to. */
  static final int IDS_MAX = 100_000;

  private static final int VALUE_VERSION = 1;

  private record Seen(Position position, Instant arrivedAt) {
    static final Comparator<Seen> BY_ARRIVAL =
        Comparator.comparing(Seen::arrivedAt).thenComparing(Seen::position);

    StateValue value() {
      byte[] at = position.toString().getBytes(UTF_8);
      return StateValue.of(
          ByteBuffer.allocate(Long.BYTES + at.length)
              .putLong(arrivedAt.toEpochMilli())
              .put(at)
              .array(),
          VALUE_VERSION);
    }

    static Seen of(StateValue value) {
      var bytes = ByteBuffer.wrap(value.bytes());
      var arrivedAt = Instant.ofEpochMilli(bytes.getLong());
      byte[] at = new byte[bytes.remaining()];
      bytes.get(at);
      return new Seen(Position.parse(new String(at, UTF_8)), arrivedAt);
    }
  }

  private final Duration span;
  private final StateSpace space;
  private final int idsMax;
  private final LinkedHashMap<EntryKey, Seen> ids = new LinkedHashMap<>();
  private long forgottenEarly;

  SeenIds(Duration span, StateSpace space) {
    this(span, space, IDS_MAX);
  }

  SeenIds(Duration span, StateSpace space, int idsMax) {
    this.span = span;
    this.space = space;
    this.idsMax = idsMax;
  }

  /**
   * Reads what was stored; from any thread.
   *
   * @return goes on from it, on the loop
   * @throws CheckpointException when it can't be read
   */
  Runnable restoring(Map<EntryKey, StateValue> stored) {
    try {
      var sorted =
          stored.entrySet().stream()
              .map(each -> Map.entry(each.getKey(), Seen.of(each.getValue())))
              .sorted(Map.Entry.comparingByValue(Seen.BY_ARRIVAL))
              .toList();
      return () -> sorted.forEach(each -> ids.put(each.getKey(), each.getValue()));
    } catch (RuntimeException damaged) {
      throw new CheckpointException("the ids that were seen can't be read", damaged);
    }
  }

  /** Whether no other record of late had the id; remembers it. */
  boolean isNew(StreamRecord record, String id) {
    var now = record.arrivedAt();
    forget(now);
    var key = EntryKey.of(record.key().text(), digest(id), EntryKind.SEEN);
    var before = ids.get(key);
    if (before != null) {
      return before.position().equals(record.position());
    }
    // Behind a merge there may be those of two parents: they become fewer with each, not at once.
    for (int i = 0; i < 2 && ids.size() >= idsMax; i++) {
      forgottenEarly++;
      forgetFirst();
    }
    var seen = new Seen(record.position(), now);
    ids.put(key, seen);
    space.put(key, seen.value());
    return true;
  }

  /** How many ids were forgotten before their time, as there were too many. */
  long forgottenEarly() {
    return forgottenEarly;
  }

  int size() {
    return ids.size();
  }

  private void forget(Instant now) {
    for (var first = first(); first != null; first = first()) {
      if (first.arrivedAt().plus(span).isAfter(now)) {
        return;
      }
      forgetFirst();
    }
  }

  private @Nullable Seen first() {
    return ids.isEmpty() ? null : ids.values().iterator().next();
  }

  private void forgetFirst() {
    var first = ids.keySet().iterator();
    var key = first.next();
    first.remove();
    space.remove(key);
  }

  /** Ids may be long, and they may be personal data. */
  private static String digest(String id) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(UTF_8));
      return new BigInteger(1, digest).toString(Character.MAX_RADIX);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }
}
