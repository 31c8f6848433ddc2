package io.headrace.bench.rig;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The {@code name=value} arguments of a program that a benchmark starts. Immutable. */
public final class Arguments {
  private final Map<String, String> byName;

  private Arguments(Map<String, String> byName) {
    this.byName = byName;
  }

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException when one is not name=value
   */
  public static Arguments parse(List<String> arguments) {
    Map<String, String> byName = new HashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("\"" + argument + "\" must be name=value");
      }
      byName.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    return new Arguments(byName);
  }

  /**
   * The value of one.
   *
   * @throws IllegalArgumentException when it is missing, as the others throw
   */
  public String text(String name) {
    String value = byName.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + "=... is missing");
    }
    return value;
  }

  public long number(String name) {
    return Long.parseLong(text(name));
  }

  public URI uri(String name) {
    return URI.create(text(name));
  }

  public Duration millis(String name) {
    return Duration.ofMillis(number(name));
  }
}
