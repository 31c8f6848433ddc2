package io.headrace.bench.rig;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/**
 * What a program of the windowed job is told on its command line.
 *
 * @param stream the stream or topic that it reads from its beginning
 * @param application the name of its job, new in each run
 * @param by what its windows are keyed by
 * @param warmRecords how many records come before the measured ones
 * @param records how many are measured
 * @param windows how many results there have to be
 * @param results the file that it writes them into
 * @param folder an empty folder for what it keeps on the disk
 */
public record WindowSettings(
    Servers servers,
    String stream,
    String application,
    By by,
    long warmRecords,
    long records,
    long windows,
    Path results,
    Path folder) {
  /**
   * Where it reads and keeps its progress.
   *
   * @param source the Kinesis or the Kafka broker
   * @param dynamoDb where those that keep progress in tables do
   */
  public record Servers(URI source, URI dynamoDb) {}

  /** What windows are keyed by. */
  public enum By {
    /** The partition key of the records. */
    ORIGIN,
    /** Something else: what is of one window lies in all shards. */
    DESTINATION;

    public String keyOf(Departure departure) {
      return this == ORIGIN ? departure.origin() : departure.destination();
    }
  }

  /** The arguments that {@link #parse} reads. */
  public List<String> command() {
    return List.of(
        "source=" + servers.source(),
        "dynamoDb=" + servers.dynamoDb(),
        "stream=" + stream,
        "application=" + application,
        "by=" + by,
        "warmRecords=" + warmRecords,
        "records=" + records,
        "windows=" + windows,
        "results=" + results,
        "folder=" + folder);
  }

  /** Reads what {@link #command} writes. */
  public static WindowSettings parse(List<String> arguments) {
    Arguments given = Arguments.parse(arguments);
    return new WindowSettings(
        new Servers(given.uri("source"), given.uri("dynamoDb")),
        given.text("stream"),
        given.text("application"),
        By.valueOf(given.text("by")),
        given.number("warmRecords"),
        given.number("records"),
        given.number("windows"),
        Path.of(given.text("results")),
        Path.of(given.text("folder")));
  }

  /** Host and port of the source. */
  public String sourceAddress() {
    return servers.source().getHost() + ":" + servers.source().getPort();
  }
}
