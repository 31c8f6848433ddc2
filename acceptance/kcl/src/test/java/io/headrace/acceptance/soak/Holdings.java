package io.headrace.acceptance.soak;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What this process holds of the system that somebody has to give back.
 *
 * @param threads that live, by their names without numbers, but for those of the JVM's own pool
 * @param handles sockets, pipes and selectors; none where the system has no /proc
 */
record Holdings(Map<String, Integer> threads, int handles) {
  private static final Path HANDLES = Path.of("/proc/self/fd");
  private static final Pattern NUMBERS = Pattern.compile("[0-9]+");
  private static final String COMMON_POOL = "ForkJoinPool.commonPool";

  /** The JDK makes one to close sockets with, once, and keeps it. */
  private static final int MADE_ONCE = 1;

  static Holdings now() {
    Map<String, Integer> threads = new TreeMap<>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      String name = NUMBERS.matcher(thread.getName()).replaceAll("#");
      if (!name.startsWith(COMMON_POOL)) {
        threads.merge(name, 1, Integer::sum);
      }
    }
    return new Holdings(threads, handlesNow());
  }

  private static int handlesNow() {
    if (!Files.isDirectory(HANDLES)) {
      return 0;
    }
    int handles = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(HANDLES)) {
      for (Path each : all) {
        handles += isFile(each) ? 0 : 1;
      }
    } catch (IOException e) {
      throw new IllegalStateException(HANDLES + " can't be read", e);
    }
    return handles;
  }

  /**
   * Jars are opened when a class of them is needed first, and stay open. One may close just now.
   */
  private static boolean isFile(Path handle) {
    try {
      return Files.readSymbolicLink(handle).isAbsolute();
    } catch (IOException gone) {
      return true;
    }
  }

  /** Whether this is no more than that, kind by kind, and what is made once. */
  boolean isWithin(Holdings other) {
    return handles <= other.handles + MADE_ONCE
        && threads.entrySet().stream()
            .allMatch(each -> each.getValue() <= other.threads.getOrDefault(each.getKey(), 0));
  }
}
