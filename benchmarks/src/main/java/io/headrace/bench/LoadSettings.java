package io.headrace.bench;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a load program is told on its command line.
 *
 * @param warmUp how long each kind of call is made before it is measured
 * @param measured how long each is measured
 * @param recordsMax a phase that puts ends early at this number of records
 */
record LoadSettings(
    URI endpoint, long serverPid, Duration warmUp, Duration measured, long recordsMax) {

  /** The arguments of {@link LoadProgram} for a load. */
  List<String> command(String load) {
    return List.of(
        load,
        "endpoint=" + endpoint,
        "serverPid=" + serverPid,
        "warmUpMillis=" + warmUp.toMillis(),
        "measuredMillis=" + measured.toMillis(),
        "recordsMax=" + recordsMax);
  }

  static LoadSettings parse(List<String> arguments) {
    Map<String, String> byName = new HashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("\"" + argument + "\" must be name=value");
      }
      byName.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    return new LoadSettings(
        URI.create(required(byName, "endpoint")),
        Long.parseLong(required(byName, "serverPid")),
        Duration.ofMillis(Long.parseLong(required(byName, "warmUpMillis"))),
        Duration.ofMillis(Long.parseLong(required(byName, "measuredMillis"))),
        Long.parseLong(required(byName, "recordsMax")));
  }

  private static String required(Map<String, String> byName, String name) {
    String value = byName.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + "=... is missing");
    }
    return value;
  }
}
