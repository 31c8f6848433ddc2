package io.headrace.local.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The few things that the log asks of a file system. Any thread; two threads never change one path
 * at the same time.
 */
interface Disk {
  /** Opens a file for reading and writing, and makes it when it is not there. */
  DiskFile open(Path file) throws IOException;

  /** Opens a file that is there for reading alone. */
  DiskFile openToRead(Path file) throws IOException;

  void createDirectories(Path folder) throws IOException;

  /** What lies in a folder, by name; nothing when there is no such folder. */
  List<Path> list(Path folder) throws IOException;

  boolean isFile(Path path);

  boolean isDirectory(Path path);

  /** Removes a file or an empty folder; one that is not there is removed already. */
  void delete(Path path) throws IOException;

  /** Puts a file or folder in the place of another in one step. */
  void rename(Path from, Path to) throws IOException;

  /** Returns when what a file or folder holds will outlive a loss of power. */
  void sync(Path fileOrFolder) throws IOException;

  /** Keeps other processes off until it is closed; null when another one holds the lock. */
  @Nullable Closeable lock(Path file) throws IOException;

  /** Removes a folder and all that is in it. */
  default void deleteTree(Path folder) throws IOException {
    if (isDirectory(folder)) {
      for (Path inside : list(folder)) {
        deleteTree(inside);
      }
    }
    delete(folder);
  }
}
