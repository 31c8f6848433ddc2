package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;

/**
 * A timer that is set. Stored under its key, kind and name, so setting it again moves it.
 *
 * @param name empty for {@link Kind#EXPIRY}, of which a key has one
 * @param origin names what set it, so that no two that are due at one time share an id
 */
record Timer(StateKey key, Kind kind, String name, Instant due, String origin) {
  /** By which clock it fires, and what then happens. */
  enum Kind {
    EVENT(1),
    WALL(2),
    /** The key's state is to be forgotten; by the worker's clock. */
    EXPIRY(3);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    private static Kind of(byte code) {
      for (var kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new CheckpointException("timer: of kind " + code + ", which a newer version wrote");
    }
  }

  /** In the order in which they fire; the same each time. */
  static final Comparator<Timer> BY_DUE =
      Comparator.<Timer, Instant>comparing(Timer::due)
          .thenComparing(timer -> timer.key().partitionKey())
          .thenComparing(timer -> timer.key().key())
          .thenComparing(Timer::kind)
          .thenComparing(Timer::name);

  private static final int VERSION = 1;
  private static final int DIGEST_CHARS = 20;

  static EntryKey entryOf(StateKey key, Kind kind, String name) {
    byte[] text = name.getBytes(UTF_8);
    var suffix = ByteBuffer.allocate(1 + text.length).put(kind.code).put(text);
    return EntryKey.of(key.partitionKey(), key.key(), EntryKind.TIMER, suffix.array());
  }

  static Timer read(EntryKey entry, StateValue value) {
    var suffix = ByteBuffer.wrap(entry.suffix());
    var kind = Kind.of(suffix.get());
    var name = UTF_8.decode(suffix).toString();
    if (value.codecVersion() > VERSION) {
      throw new CheckpointException(
          "timer " + name + ": a newer version wrote it, " + value.codecVersion());
    }
    var bytes = ByteBuffer.wrap(value.bytes());
    var due = Instant.ofEpochSecond(bytes.getLong(), bytes.getInt());
    return new Timer(EntryKeys.keyOf(entry), kind, name, due, UTF_8.decode(bytes).toString());
  }

  EntryKey entry() {
    return entryOf(key, kind, name);
  }

  StateValue value() {
    byte[] text = origin.getBytes(UTF_8);
    var bytes =
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES + text.length)
            .putLong(due.getEpochSecond())
            .putInt(due.getNano())
            .put(text);
    return StateValue.of(bytes.array(), VERSION);
  }

  /** As the user's function is told of it. */
  WakeUp told() {
    return new WakeUp(
        key.key(), name, due, kind == Kind.EVENT ? WakeUp.Clock.EVENT : WakeUp.Clock.WALL);
  }

  /**
   * Without the shard: a timer that was set before a split or merge fires under one id. And without
   * a time of the worker's clock, which is another one when the record that set it comes again
   * after a crash: what set it tells the timers of one name apart.
   */
  String id() {
    return "timer/"
        + WindowKey.escaped(key.partitionKey())
        + "/"
        + WindowKey.escaped(key.key())
        + "/"
        + WindowKey.escaped(name)
        + "/"
        + (kind == Kind.EVENT ? due : kind)
        + "/"
        + origin;
  }

  /** Short, and another for each firing: what a timer sets when it fires is named by this. */
  static String originOf(String id) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, DIGEST_CHARS);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every JDK has SHA-256", impossible);
    }
  }

  /** Without the key, which may be personal data. */
  @Override
  public String toString() {
    return "timer " + name + " of " + key + " due " + due;
  }
}
