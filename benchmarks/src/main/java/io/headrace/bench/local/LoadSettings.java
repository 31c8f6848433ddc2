package io.headrace.bench.local;

import io.headrace.bench.rig.Arguments;
import java.net.URI;
import java.time.Duration;
import java.util.List;

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
    Arguments given = Arguments.parse(arguments);
    return new LoadSettings(
        given.uri("endpoint"),
        given.number("serverPid"),
        given.millis("warmUpMillis"),
        given.millis("measuredMillis"),
        given.number("recordsMax"));
  }
}
