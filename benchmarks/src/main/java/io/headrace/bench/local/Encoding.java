package io.headrace.bench.local;

/** The two encodings of the service; CBOR is what the AWS SDK for Java takes by itself. */
enum Encoding {
  CBOR,
  JSON;

  /** The JVM option that makes the SDK of the load program use it. */
  String clientOption() {
    return "-Daws.cborEnabled=" + (this == CBOR);
  }

  @Override
  public String toString() {
    return name();
  }
}
