package io.headrace.bench.rig;

import java.net.URI;
import java.util.List;

/**
 * What a measured consumer is told on its command line.
 *
 * @param application the name of its fleet, new in each run
 * @param reading how it gets its records
 * @param measuring what is asked of it later
 * @param warmRecords how many records of a backlog come before the measured ones
 * @param records how many are measured; 0 when there is no backlog
 * @param check the sum of what all records of the backlog carry, see {@link Backlog}
 */
public record ConsumerSettings(
    URI kinesis,
    URI dynamoDb,
    String stream,
    String application,
    Reading reading,
    Measuring measuring,
    long warmRecords,
    long records,
    long check) {

  /** The ways to read a stream. */
  public enum Reading {
    FAN_OUT,
    POLLING,
    /** No oftener than the service allows, where {@link #POLLING} is as often as may be. */
    POLLING_PACED,
    /** With a quarter of a second at most between two reads of a shard that is at its tip. */
    POLLING_OFTEN,
    /** As {@link #POLLING_OFTEN}, of a server that speaks no HTTP/2. */
    POLLING_HTTP1
  }

  /** What a run of it is for; it decides what records carry. */
  public enum Measuring {
    /** A {@link Backlog}. */
    BACKLOG,
    /** {@link Latencies}. */
    LATENCY,
    /** {@link KeyOrder}. */
    ORDER
  }

  /** The arguments that {@link #parse} reads. */
  public List<String> command() {
    return List.of(
        "kinesis=" + kinesis,
        "dynamoDb=" + dynamoDb,
        "stream=" + stream,
        "application=" + application,
        "reading=" + reading,
        "measuring=" + measuring,
        "warmRecords=" + warmRecords,
        "records=" + records,
        "check=" + check);
  }

  /** Reads what {@link #command} writes. */
  public static ConsumerSettings parse(List<String> arguments) {
    Arguments given = Arguments.parse(arguments);
    return new ConsumerSettings(
        given.uri("kinesis"),
        given.uri("dynamoDb"),
        given.text("stream"),
        given.text("application"),
        Reading.valueOf(given.text("reading")),
        Measuring.valueOf(given.text("measuring")),
        given.number("warmRecords"),
        given.number("records"),
        given.number("check"));
  }
}
