package io.headrace.function.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts the environment and files into values: {@code ${env:NAME}}, {@code ${env:NAME:default}} and
 * {@code ${file:path}} (relative to the settings file, trailing line breaks cut), so that secrets
 * and addresses stay out of the file. {@code $$} is a dollar sign.
 */
record Substitution(Function<String, @Nullable String> environment, Path folder) {
  private static final int FILE_BYTES_MAX = 64 * 1024;
  private static final Pattern REFERENCE =
      Pattern.compile("\\$(?:\\$|\\{(env|file):([^}:]+)(?::([^}]*))?})");

  /** What is wrong with a reference; the place is added by the caller. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String message) {
      super(message);
    }
  }

  String apply(String text) throws Refused {
    int dollar = text.indexOf('$');
    if (dollar < 0) {
      return text;
    }
    var matcher = REFERENCE.matcher(text);
    var result = new StringBuilder();
    int from = 0;
    while (matcher.find()) {
      refuseLoneReference(text.substring(from, matcher.start()));
      from = matcher.end();
      matcher.appendReplacement(result, Matcher.quoteReplacement(value(matcher)));
    }
    refuseLoneReference(text.substring(from));
    return matcher.appendTail(result).toString();
  }

  private static void refuseLoneReference(String between) throws Refused {
    if (between.contains("${")) {
      throw new Refused(
          "a reference must be ${env:NAME}, ${env:NAME:default} or ${file:path}; write $$ for a"
              + " dollar sign");
    }
  }

  private String value(Matcher reference) throws Refused {
    if (reference.group(1) == null) {
      return "$";
    }
    var name = reference.group(2);
    var fallback = reference.group(3);
    if (reference.group(1).equals("env")) {
      var value = environment.apply(name);
      if (value == null && fallback == null) {
        throw new Refused(
            "the environment variable "
                + name
                + " is not set; set it or write ${env:"
                + name
                + ":default}");
      }
      return value != null ? value : fallback;
    }
    if (fallback != null) {
      throw new Refused("${file:" + name + ":…} takes no default");
    }
    return content(name);
  }

  private String content(String name) throws Refused {
    try {
      var file = folder.resolve(name);
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new Refused("the file " + name + " is larger than " + FILE_BYTES_MAX + " bytes");
      }
      return Files.readString(file).stripTrailing();
    } catch (IOException unreadable) {
      throw new Refused("the file " + name + " can't be read");
    }
  }
}
