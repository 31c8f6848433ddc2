package io.headrace.local.conformance;

import io.headrace.local.LocalKinesis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the server keeps its records. */
enum Store {
  MEMORY,
  DISK;

  private static final Path IN_MEMORY = Path.of("/dev/shm");

  /** A folder for one server, or null when it needs none. */
  @Nullable Path folder() {
    if (this == MEMORY) {
      return null;
    }
    try {
      // Judged are answers and not a disk's speed: thousands of changes each wait for the disk.
      return Files.isWritable(IN_MEMORY)
          ? Files.createTempDirectory(IN_MEMORY, "conformance")
          : Files.createTempDirectory("conformance");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static LocalKinesis.Builder on(@Nullable Path folder, LocalKinesis.Builder builder) {
    return folder == null ? builder : builder.data(folder);
  }

  static void delete(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
