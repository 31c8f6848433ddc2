package io.headrace.local;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A server on a folder in a process of its own, which prints its endpoint and is there to be
 * killed.
 */
final class KillableServer {
  private KillableServer() {}

  /** Arguments: the folder, and when the disk is asked to keep what was written. */
  public static void main(String[] arguments) throws IOException {
    try (LocalKinesis kinesis =
        LocalKinesis.builder()
            .data(Path.of(arguments[0]))
            .fsync(Fsync.valueOf(arguments[1]))
            .start()) {
      System.out.println(kinesis.endpoint());
      // Ends with the test that started it, even when that is killed itself.
      int unused = System.in.read();
    }
  }
}
