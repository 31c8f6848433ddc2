package io.headrace.bench;

import io.headrace.local.LocalKinesis;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Our server as a process: takes the port. A line {@code heap} on its input collects garbage and
 * answers the bytes of heap in use; the end of its input ends it, so that it never outlives the
 * benchmark.
 */
final class OwnServer {
  private OwnServer() {}

  /** Runs until its input ends. */
  public static void main(String[] args) throws IOException {
    // Records may fill three quarters of the heap: the rest is for requests on their way.
    long memory = Runtime.getRuntime().maxMemory() / 4 * 3;
    try (LocalKinesis kinesis =
        LocalKinesis.builder().port(Integer.parseInt(args[0])).memoryBytesMax(memory).start()) {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println("heap " + heapAfterCollection());
      }
    }
    System.exit(0);
  }

  private static long heapAfterCollection() {
    System.gc();
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
