package io.headrace.function.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.headrace.function.settings.YamlNode.Absent;
import io.headrace.function.settings.YamlNode.Entry;
import io.headrace.function.settings.YamlNode.Mapping;
import io.headrace.function.settings.YamlNode.Scalar;
import io.headrace.function.settings.YamlNode.Sequence;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;

/** Turns YAML text into {@link YamlNode}s; aliases and a second document are refused. */
final class YamlReader {
  private static final int DEPTH_MAX = 16;

  private final String file;
  private final YAMLParser parser;

  private YamlReader(String file, YAMLParser parser) {
    this.file = file;
    this.parser = parser;
  }

  static YamlNode read(String file, String text) {
    try (var parser = new YAMLFactory().createParser(text)) {
      var reader = new YamlReader(file, parser);
      if (parser.nextToken() == null) {
        return new Absent(false, 1, 1);
      }
      var root = reader.node(0);
      if (parser.nextToken() != null) {
        throw reader.complaint("a second document begins here; one file holds one application");
      }
      return root;
    } catch (JsonProcessingException malformed) {
      var at = malformed.getLocation();
      throw new SettingsException(
          file
              + (at == null ? "" : ":" + at.getLineNr())
              + ": not YAML: "
              + firstLine(malformed.getOriginalMessage()),
          malformed);
    } catch (IOException unreadable) {
      throw new SettingsException(file + ": can't be read: " + unreadable.getMessage(), unreadable);
    }
  }

  private YamlNode node(int depth) throws IOException {
    if (depth > DEPTH_MAX) {
      throw complaint("nested deeper than " + DEPTH_MAX + " levels");
    }
    int line = line();
    int column = column();
    if (parser.isCurrentAlias()) {
      throw complaint("aliases are not read; write the value out");
    }
    switch (parser.currentToken()) {
      case START_OBJECT -> {
        var entries = new LinkedHashMap<String, Entry>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          var key = parser.currentName();
          int keyLine = line();
          int keyColumn = column();
          parser.nextToken();
          if (entries.put(key, new Entry(node(depth + 1), keyLine, keyColumn)) != null) {
            throw new SettingsException(file + ":" + keyLine + ": " + key + ": is set twice");
          }
        }
        return new Mapping(entries, line, column);
      }
      case START_ARRAY -> {
        var items = new ArrayList<YamlNode>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(node(depth + 1));
        }
        return new Sequence(items, line, column);
      }
      case VALUE_NULL -> {
        return new Absent(false, line, column);
      }
      case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE -> {
        var text = parser.getText();
        boolean isText = parser.currentToken() == JsonToken.VALUE_STRING;
        return text.isEmpty()
            ? new Absent(isText, line, column)
            : new Scalar(text, isText, line, column);
      }
      default -> throw complaint("a value of this kind is not read; write it as text");
    }
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  private int column() {
    return parser.currentTokenLocation().getColumnNr();
  }

  private SettingsException complaint(String what) {
    return new SettingsException(file + ":" + line() + ": " + what);
  }

  private static String firstLine(String message) {
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
