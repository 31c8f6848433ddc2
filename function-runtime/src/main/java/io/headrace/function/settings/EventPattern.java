package io.headrace.function.settings;

import io.headrace.function.settings.YamlNode.Absent;
import io.headrace.function.settings.YamlNode.Mapping;
import io.headrace.function.settings.YamlNode.Scalar;
import io.headrace.function.settings.YamlNode.Sequence;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A filter pattern of a settings file, as JSON, that still knows where its parts stand. Immutable.
 *
 * <p>It is written as YAML, or as a text of JSON. From YAML each part goes onto a line of its own
 * in the JSON, so that a complaint about a line of the JSON leads back to the file.
 */
public final class EventPattern {
  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?");

  /** Where a line of the JSON comes from. */
  private record Spot(int line, int column) {}

  private final String json;
  private final String file;
  private final String key;
  private final List<Spot> spots;

  private EventPattern(String json, String file, String key, List<Spot> spots) {
    this.json = json;
    this.file = file;
    this.key = key;
    this.spots = List.copyOf(spots);
  }

  /**
   * @param key names the pattern within the file
   */
  static EventPattern of(String file, String key, YamlNode node) {
    if (node instanceof Scalar text && text.isText()) {
      return new EventPattern(text.text(), file + ":" + text.line(), key, List.of());
    }
    var writing = new Writing();
    writing.write(node);
    return new EventPattern(String.join("\n", writing.lines), file, key, writing.spots);
  }

  /** The pattern. */
  public String json() {
    return json;
  }

  /**
   * {@code file:line:column: key} of a place in {@link #json}; where the pattern is a text, the
   * file's line is that of its beginning.
   *
   * @param line from 1; 0 for the pattern as a whole
   */
  public String place(int line, int column) {
    if (spots.isEmpty()) {
      return file
          + ": "
          + key
          + (line > 0 ? ": in the pattern, line " + line + ", column " + column : "");
    }
    var spot = spots.get(Math.min(Math.max(line, 1), spots.size()) - 1);
    return file + ":" + spot.line() + ":" + spot.column() + ": " + key;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventPattern that && json.equals(that.json) && key.equals(that.key);
  }

  @Override
  public int hashCode() {
    return json.hashCode();
  }

  @Override
  public String toString() {
    return json;
  }

  /** JSON under way: one line for each part, and its spot. */
  private static final class Writing {
    private final List<String> lines = new ArrayList<>();
    private final List<Spot> spots = new ArrayList<>();

    void write(YamlNode node) {
      if (node instanceof Mapping mapping) {
        add("{", node);
        var left = mapping.entries().size();
        for (var entry : mapping.entries().entrySet()) {
          var value = entry.getValue();
          lines.add(quoted(entry.getKey()) + ":");
          spots.add(new Spot(value.line(), value.column()));
          write(value.value());
          separate(--left);
        }
        add("}", node);
      } else if (node instanceof Sequence sequence) {
        add("[", node);
        var left = sequence.items().size();
        for (var item : sequence.items()) {
          write(item);
          separate(--left);
        }
        add("]", node);
      } else if (node instanceof Scalar scalar) {
        add(spell(scalar), node);
      } else if (node instanceof Absent absent) {
        add(absent.isEmptyText() ? "\"\"" : "null", node);
      }
    }

    private void add(String text, YamlNode of) {
      lines.add(text);
      spots.add(new Spot(of.line(), of.column()));
    }

    private void separate(int left) {
      if (left > 0) {
        int last = lines.size() - 1;
        lines.set(last, lines.get(last) + ",");
      }
    }

    private static String spell(Scalar scalar) {
      var text = scalar.text();
      if (scalar.isText()) {
        return quoted(text);
      }
      boolean isTruth = text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false");
      return isTruth ? text.toLowerCase(Locale.ROOT) : number(text);
    }

    /**
     * As it is written where JSON would write it so; YAML has other ways as well, and as a text it
     * would match no number, in silence.
     */
    private static String number(String text) {
      if (NUMBER.matcher(text).matches()) {
        return text;
      }
      try {
        return new BigDecimal(text.replace("_", "")).toString();
      } catch (NumberFormatException noDecimal) {
        return quoted(text);
      }
    }

    private static String quoted(String text) {
      var json = new StringBuilder(text.length() + 2).append('"');
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == '"' || c == '\\') {
          json.append('\\').append(c);
        } else if (c < ' ') {
          json.append("\\u00").append(c < 0x10 ? "0" : "").append(Integer.toHexString(c));
        } else {
          json.append(c);
        }
      }
      return json.append('"').toString();
    }
  }
}
