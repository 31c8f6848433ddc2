package io.headrace.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.state.EntryKind;
import io.headrace.function.StateReader;
import io.headrace.function.StoredEntry;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Exported state as lines of JSON: one that says of what, then of each shard one that says where it
 * was, and one for each entry; the last counts them, so that a file that was cut short is none.
 * Bytes that are text stand there as text, others in Base64. Stateless.
 */
final class StateLines {
  static final int FORMAT = 1;

  /** A line of a file. */
  sealed interface Line {
    /** The first. */
    record First(String application, String function, boolean ofOneKey) implements Line {}

    record OfShard(StateReader.AsOf head) implements Line {}

    record OfEntry(StoredEntry entry) implements Line {}

    /** The last. */
    record Last(long entries) implements Line {}
  }

  private StateLines() {}

  static Map<String, Object> first(
      String application, String function, String at, boolean ofOneKey) {
    var line = new LinkedHashMap<String, Object>();
    line.put("export", "state");
    line.put("format", FORMAT);
    line.put("application", application);
    line.put("function", function);
    line.put("at", at);
    if (ofOneKey) {
      line.put("ofOneKey", true);
    }
    return line;
  }

  static Map<String, Object> last(long entries) {
    return Map.of("entries", entries);
  }

  static Map<String, Object> of(StateReader.AsOf head) {
    var line = new LinkedHashMap<String, Object>();
    line.put("function", head.function());
    line.put("shard", head.shard().key());
    line.put("firstHash", head.range().first().toString());
    line.put("lastHash", head.range().last().toString());
    line.put("revision", head.revision());
    head.through().ifPresent(through -> line.put("position", through.toString()));
    if (!head.progress().ranges().isEmpty()) {
      line.put(
          "ranges",
          head.progress().ranges().stream()
              .map(range -> List.of(range.first().toString(), range.last().toString()))
              .toList());
    }
    var notes = new LinkedHashMap<String, String>();
    head.notes().forEach((name, bytes) -> notes.put(name, base64(bytes)));
    line.put("notes", notes);
    return line;
  }

  static Map<String, Object> of(StateReader.AsOf head, StoredEntry entry) {
    var line = new LinkedHashMap<String, Object>();
    line.put("shard", head.shard().key());
    line.put("kind", entry.kind().name());
    line.put("partitionKey", entry.partitionKey());
    line.put("key", entry.key());
    entry
        .window()
        .ifPresent(
            span ->
                line.put(
                    "window",
                    Map.of("start", span.start().toString(), "end", span.end().toString())));
    entry
        .timer()
        .ifPresent(
            timer ->
                line.put(
                    "timer",
                    Map.of(
                        "name", timer.name(),
                        "due", timer.due().toString(),
                        "clock", timer.expiry() ? "EXPIRY" : timer.clock().name())));
    if (entry.suffix().length > 0) {
      line.put("suffix", base64(entry.suffix()));
    }
    line.put("codecVersion", entry.codecVersion());
    boolean users = entry.kind() == EntryKind.STATE || entry.kind() == EntryKind.WINDOW;
    var text = users ? textOf(entry.bytes()) : null;
    if (text == null) {
      line.put("bytes", base64(entry.bytes()));
    } else {
      line.put("text", text);
    }
    return line;
  }

  /** Null where the bytes are no text: then they would come back as others. */
  static @Nullable String textOf(byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException binary) {
      return null;
    }
  }

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException naming the field, never what is in it
   */
  static Line read(String text) {
    var line = JsonLine.read(text);
    if (line.containsKey("export")) {
      if (!"state".equals(line.get("export")) || number(line, "format") != FORMAT) {
        throw new IllegalArgumentException(
            "export, format: must be \"state\" and " + FORMAT + "; a newer version may read it");
      }
      boolean ofOneKey = Boolean.TRUE.equals(line.get("ofOneKey"));
      return new Line.First(word(line, "application"), word(line, "function"), ofOneKey);
    }
    if (line.containsKey("kind")) {
      return new Line.OfEntry(entry(line));
    }
    return line.containsKey("shard")
        ? new Line.OfShard(head(line))
        : new Line.Last(number(line, "entries"));
  }

  private static StoredEntry entry(Map<String, Object> line) {
    EntryKind kind;
    try {
      kind = EntryKind.valueOf(word(line, "kind"));
    } catch (IllegalArgumentException unknown) {
      throw new IllegalArgumentException("kind: is none that this version knows", unknown);
    }
    byte[] suffix = line.containsKey("suffix") ? bytes(line, "suffix") : new byte[0];
    byte[] value =
        line.containsKey("text") ? word(line, "text").getBytes(UTF_8) : bytes(line, "bytes");
    int version = (int) number(line, "codecVersion");
    return StoredEntry.of(
        word(line, "partitionKey"), word(line, "key"), kind, suffix, version, value);
  }

  private static StateReader.AsOf head(Map<String, Object> line) {
    var notes = new HashMap<String, byte[]>();
    if (line.get("notes") instanceof Map<?, ?> kept) {
      kept.forEach(
          (name, bytes) ->
              notes.put(String.valueOf(name), decoded("notes", String.valueOf(bytes))));
    }
    var ranges = new ArrayList<Progress.Range>();
    if (line.get("ranges") instanceof List<?> pairs) {
      for (var pair : pairs) {
        if (!(pair instanceof List<?> ends) || ends.size() != 2) {
          throw new IllegalArgumentException("ranges: must be pairs of positions");
        }
        ranges.add(
            new Progress.Range(
                Position.parse(String.valueOf(ends.get(0))),
                Position.parse(String.valueOf(ends.get(1)))));
      }
    }
    var through =
        line.containsKey("position")
            ? Optional.of(Position.parse(word(line, "position")))
            : Optional.<Position>empty();
    return new StateReader.AsOf(
        word(line, "function"),
        ShardKey.parse(word(line, "shard")),
        new HashRange(
            new BigInteger(word(line, "firstHash")), new BigInteger(word(line, "lastHash"))),
        new Progress(through, ranges),
        number(line, "revision"),
        notes);
  }

  private static String word(Map<String, Object> line, String field) {
    if (line.get(field) instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException(field + ": is missing or no text");
  }

  private static long number(Map<String, Object> line, String field) {
    if (line.get(field) instanceof Number number) {
      return number.longValue();
    }
    throw new IllegalArgumentException(field + ": is missing or no number");
  }

  private static byte[] bytes(Map<String, Object> line, String field) {
    return decoded(field, word(line, field));
  }

  private static byte[] decoded(String field, String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(field + ": is no Base64", wrong);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
