package io.headrace.function.settings;

import io.headrace.function.settings.YamlNode.Absent;
import io.headrace.function.settings.YamlNode.Mapping;
import io.headrace.function.settings.YamlNode.Scalar;
import io.headrace.function.settings.YamlNode.Sequence;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of a settings file. Each key is asked for by its type; {@link #done} then refuses
 * what nobody asked for, so that a misspelt key is never silently a default.
 */
final class Section {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})\\s*(B|KiB|MiB|GiB)");

  private final String file;
  private final String path;
  private final Mapping mapping;
  private final Substitution substitution;
  private final Set<String> known = new LinkedHashSet<>();

  private Section(String file, String path, Mapping mapping, Substitution substitution) {
    this.file = file;
    this.path = path;
    this.mapping = mapping;
    this.substitution = substitution;
  }

  static Section root(String file, YamlNode node, Substitution substitution) {
    if (node instanceof Mapping whole) {
      return new Section(file, "", whole, substitution);
    }
    throw new SettingsException(
        file + ":" + node.line() + ": the file must be a mapping, found " + node.describe());
  }

  /** The mapping under {@code key}; an empty one when the key is absent. */
  Section section(String key) {
    var node = node(key);
    if (node == null) {
      return new Section(
          file,
          path + key + ".",
          new Mapping(Map.of(), mapping.line(), mapping.column()),
          substitution);
    }
    if (node instanceof Mapping inner) {
      return new Section(file, path + key + ".", inner, substitution);
    }
    throw complaint(key, node.line(), "must be a mapping, found " + node.describe());
  }

  /** The list of mappings under {@code key}. */
  List<Section> sections(String key) {
    var sections = new ArrayList<Section>();
    for (var item : items(key)) {
      if (!(item instanceof Mapping inner)) {
        throw complaint(key, item.line(), "each item must be a mapping, found " + item.describe());
      }
      sections.add(
          new Section(file, path + key + "[" + sections.size() + "].", inner, substitution));
    }
    return sections;
  }

  List<String> texts(String key) {
    var texts = new ArrayList<String>();
    for (var item : items(key)) {
      texts.add(text(key, item));
    }
    return texts;
  }

  /** Whether the key is there; unlike all others, this does not ask for it. */
  boolean has(String key) {
    return mapping.entries().containsKey(key);
  }

  /** The list of filter patterns under {@code key}; references in them are not replaced. */
  List<EventPattern> patterns(String key) {
    var patterns = new ArrayList<EventPattern>();
    for (var item : items(key)) {
      patterns.add(EventPattern.of(file, path + key + "[" + patterns.size() + "]", item));
    }
    return patterns;
  }

  Optional<String> text(String key) {
    var node = node(key);
    return node == null ? Optional.empty() : Optional.of(text(key, node));
  }

  String text(String key, String fallback) {
    return text(key).orElse(fallback);
  }

  String required(String key, String whatItIs) {
    return text(key)
        .orElseThrow(() -> complaint(key, mapping.line(), "is missing; it must be " + whatItIs));
  }

  /** A text that must match, such as a stream's or table's name. */
  String matching(String key, String fallback, Pattern pattern, String allowed) {
    var text = text(key, fallback);
    if (!pattern.matcher(text).matches()) {
      throw wrongValue(key, "must be " + allowed);
    }
    return text;
  }

  Duration duration(String key, Duration fallback, Duration min, Duration max) {
    var text = text(key);
    if (text.isEmpty()) {
      return fallback;
    }
    var allowed =
        "must be between " + spell(min) + " and " + spell(max) + ", written as 500ms, 10s, 5m";
    var matcher = DURATION.matcher(text.get());
    if (!matcher.matches()) {
      throw wrongValue(key, allowed);
    }
    long n = Long.parseLong(matcher.group(1));
    var duration =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(n);
          case "s" -> Duration.ofSeconds(n);
          case "m" -> Duration.ofMinutes(n);
          case "h" -> Duration.ofHours(n);
          default -> Duration.ofDays(n);
        };
    if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
      throw wrongValue(key, allowed);
    }
    return duration;
  }

  long bytes(String key, long fallback, long min, long max) {
    var text = text(key);
    if (text.isEmpty()) {
      return fallback;
    }
    var allowed =
        "must be between "
            + (min >> 20)
            + "MiB and "
            + (max >> 20)
            + "MiB, written as 64MiB or 1GiB";
    var matcher = SIZE.matcher(text.get());
    if (!matcher.matches()) {
      throw wrongValue(key, allowed);
    }
    int shift =
        switch (matcher.group(2)) {
          case "B" -> 0;
          case "KiB" -> 10;
          case "MiB" -> 20;
          default -> 30;
        };
    long bytes = Long.parseLong(matcher.group(1)) << shift;
    if (bytes < min || bytes > max) {
      throw wrongValue(key, allowed);
    }
    return bytes;
  }

  int number(String key, int fallback, int min, int max) {
    var text = text(key);
    if (text.isEmpty()) {
      return fallback;
    }
    try {
      int number = Integer.parseInt(text.get());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // the same complaint as for a number out of range
    }
    throw wrongValue(key, "must be a whole number between " + min + " and " + max);
  }

  Optional<URI> endpoint(String key) {
    var text = text(key);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      var uri = URI.create(text.get());
      if (List.of("http", "https").contains(uri.getScheme()) && uri.getHost() != null) {
        return Optional.of(uri);
      }
    } catch (IllegalArgumentException malformed) {
      // the same complaint as for another scheme
    }
    throw wrongValue(key, "must be an address such as https://host:port");
  }

  /** Refuses every key that was not asked for, naming those that are allowed. */
  void done() {
    for (var entry : mapping.entries().entrySet()) {
      if (!known.contains(entry.getKey())) {
        throw new SettingsException(
            file
                + ":"
                + entry.getValue().line()
                + ": "
                + path
                + entry.getKey()
                + ": there is no such key; allowed here: "
                + String.join(", ", known));
      }
    }
  }

  /** {@code file:line: key}, for complaints that are found later. */
  String place(String key) {
    return file + ":" + line(key) + ": " + path + key;
  }

  /** The line of the key, or of the mapping when the key is absent. */
  private int line(String key) {
    var entry = mapping.entries().get(key);
    return entry == null ? mapping.line() : entry.line();
  }

  SettingsException complaint(String key, String what) {
    return complaint(key, line(key), what);
  }

  /**
   * Shows the value as it is written in the file: what a reference stands for may be a secret, and
   * the reference itself helps more.
   */
  private SettingsException wrongValue(String key, String what) {
    var written = node(key) instanceof Scalar scalar ? " \"" + scalar.text() + "\"" : "";
    return complaint(key, line(key), what + ", found" + (written.isEmpty() ? " nothing" : written));
  }

  private SettingsException complaint(String key, int line, String what) {
    return new SettingsException(file + ":" + line + ": " + path + key + ": " + what);
  }

  private String text(String key, YamlNode node) {
    if (!(node instanceof Scalar scalar)) {
      throw complaint(key, node.line(), "must be a single value, found " + node.describe());
    }
    try {
      return substitution.apply(scalar.text());
    } catch (Substitution.Refused refused) {
      throw complaint(key, node.line(), String.valueOf(refused.getMessage()));
    }
  }

  private List<YamlNode> items(String key) {
    var node = node(key);
    if (node == null) {
      return List.of();
    }
    if (node instanceof Sequence sequence) {
      return sequence.items();
    }
    throw complaint(key, node.line(), "must be a list, found " + node.describe());
  }

  private @Nullable YamlNode node(String key) {
    known.add(key);
    var entry = mapping.entries().get(key);
    return entry == null || entry.value() instanceof Absent ? null : entry.value();
  }

  private static String spell(Duration duration) {
    return duration.toMillis() % 1000 != 0
        ? duration.toMillis() + "ms"
        : duration.toSeconds() % 60 != 0 || duration.isZero()
            ? duration.toSeconds() + "s"
            : duration.toMinutes() + "m";
  }
}
