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
    OptionalLong nanos = OptionalLong.empty();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
      for (Path thread : threads) {
        OptionalLong one = cpuNanos(thread);
        if (one.isPresent()) {
          nanos = OptionalLong.of(nanos.orElse(0) + one.getAsLong());
        }
      }
    } catch (IOException withheld) {
      return OptionalLong.empty();
    }
    return nanos;
  }

  /** Empty where the thread is no compiler's, or has ended meanwhile. */
  private static OptionalLong cpuNanos(Path thread) {
    try {
      // The system keeps the first 15 letters of a name.
      return Files.readString(thread.resolve("comm")).matches("(?s)C[12] CompilerThre.*")
          ? OptionalLong.of(
              Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ", 2)[0]))
          : OptionalLong.empty();
    } catch (IOException | NumberFormatException ended) {
      return OptionalLong.empty();
    }
  }
}
