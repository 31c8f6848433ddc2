package io.headrace.bench.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where all that is judged is written down: a folder of the user's that stays, or one that goes
 * when this is closed.
 */
public record RunFolder(Path path, boolean stays) implements AutoCloseable {
  /**
   * Makes it.
   *
   * @param keep the user's, empty or new; null for one that goes
   * @throws NotMeasured when something lies there
   */
  public static RunFolder of(@Nullable Path keep, String prefix) throws IOException {
    if (keep == null) {
      return new RunFolder(Files.createTempDirectory(prefix), false);
    }
    Files.createDirectories(keep);
    try (Stream<Path> files = Files.list(keep)) {
      if (files.findAny().isPresent()) {
        throw new NotMeasured(
            "--keep " + keep + ": is not empty, and what lies there would be judged as well");
      }
    }
    return new RunFolder(keep, true);
  }

  @Override
  public void close() throws IOException {
    if (stays) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    }
  }
}
