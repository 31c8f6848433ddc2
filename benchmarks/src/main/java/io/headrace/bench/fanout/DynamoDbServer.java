package io.headrace.bench.fanout;

import io.headrace.bench.rig.Launch;
import io.headrace.harness.LocalDynamoDb;
import java.io.IOException;
import java.util.List;

/** DynamoDB Local as a process: takes the port, and ends with its input. */
public final class DynamoDbServer {
  private DynamoDbServer() {}

  /** How it is started. */
  public static Launch launch(int port) {
    return Launch.ours(
        "dynamodb-local",
        DynamoDbServer.class,
        List.of("-Xmx512m"),
        List.of(Integer.toString(port)));
  }

  /** Runs until its input ends. */
  public static void main(String[] args) throws IOException {
    try (LocalDynamoDb dynamoDb = LocalDynamoDb.start(Integer.parseInt(args[0]))) {
      while (System.in.read() >= 0) {
        // Nothing is asked of it: the end of the input is all that it waits for.
      }
    }
    System.exit(0);
  }
}
