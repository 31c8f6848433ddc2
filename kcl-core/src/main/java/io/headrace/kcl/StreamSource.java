package io.headrace.kcl;

/**
 * Names a stream in a specification. It holds no connection: the runtime opens it through the
 * {@link StreamConnector} of its service, so one specification runs in a test, on a laptop and on
 * AWS.
 */
public interface StreamSource {
  /** The service, such as {@code kinesis}: what a {@link StreamConnector} is chosen by. */
  String service();

  /** The stream's name within the service. */
  String name();

  /** A stream of Amazon Kinesis Data Streams. */
  static StreamSource kinesis(String stream) {
    return new NamedStream("kinesis", stream);
  }
}
