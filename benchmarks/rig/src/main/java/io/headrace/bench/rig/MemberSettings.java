package io.headrace.bench.rig;

import java.net.URI;
import java.util.List;

/**
 * What a worker of a measured fleet is told on its command line.
 *
 * @param application the name of its fleet, new in each run
 * @param worker its name; no two processes of a fleet share one
 * @param deployment names what is deployed, where the library has a use for it
 * @param reading how it gets its records
 * @param tuned whether it is set to be as quick as it can be; at its defaults when not
 */
public record MemberSettings(
    URI kinesis,
    URI dynamoDb,
    String stream,
    String application,
    String worker,
    String deployment,
    Reading reading,
    boolean tuned) {
  /** The ways to read a stream. */
  public enum Reading {
    FAN_OUT,
    POLLING
  }

  /** The arguments that {@link #parse} reads. */
  public List<String> command() {
    return List.of(
        "kinesis=" + kinesis,
        "dynamoDb=" + dynamoDb,
        "stream=" + stream,
        "application=" + application,
        "worker=" + worker,
        "deployment=" + deployment,
        "reading=" + reading,
        "tuned=" + tuned);
  }

  /** Reads what {@link #command} writes. */
  public static MemberSettings parse(List<String> arguments) {
    Arguments given = Arguments.parse(arguments);
    return new MemberSettings(
        given.uri("kinesis"),
        given.uri("dynamoDb"),
        given.text("stream"),
        given.text("application"),
        given.text("worker"),
        given.text("deployment"),
        Reading.valueOf(given.text("reading")),
        Boolean.parseBoolean(given.text("tuned")));
  }
}
