package io.headrace.bench.rig;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What the compilers of this JVM have taken of the processor, by the system's account of its
 * threads. They are at work for as long as a program is young, and the more the more code it has.
 */
final class Compilers {
  private static final Path THREADS = Path.of("/proc/self/task");

  private Compilers() {}

  /** Since the process began; empty where the system has no such account, as others than Linux. */
  static OptionalLong cpuNanos() {
    if (!Files.isDirectory(THREADS)) {
      return OptionalLong.empty();
    }
    long nanos = 0;
    boolean any = false;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
      for (Path thread : threads) {
        // The system keeps the first 15 letters of a name.
        if (Files.readString(thread.resolve("comm")).matches("(?s)C[12] CompilerThre.*")) {
          String[] account = Files.readString(thread.resolve("schedstat")).split(" ", 2);
          nanos += Long.parseLong(account[0]);
          any = true;
        }
      }
    } catch (IOException | NumberFormatException withheld) {
      return OptionalLong.empty();
    }
    return any ? OptionalLong.of(nanos) : OptionalLong.empty();
  }
}
