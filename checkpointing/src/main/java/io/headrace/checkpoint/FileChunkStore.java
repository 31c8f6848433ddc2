package io.headrace.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.CheckpointException;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;

/**
 * Chunks as files of one folder, for one machine: a file is there whole or not at all, and is on
 * the disk before a put is answered. Workers of several processes may share the folder, on a file
 * system that has hard links. Thread-safe.
 */
public final class FileChunkStore implements ChunkStore {
  private static final int TRAILER_BYTES = Long.BYTES;
  private static final int NAMES_MAX = 1_000;

  private final Path folder;
  private final Executor executor;
  private final AtomicLong drafts = new AtomicLong();
  private final long process = ProcessHandle.current().pid();

  /**
   * Chunks in a folder, which is made when it is missing.
   *
   * @param executor where files are read and written, which blocks
   */
  public FileChunkStore(Path folder, Executor executor) {
    this.folder = Objects.requireNonNull(folder, "folder");
    this.executor = Objects.requireNonNull(executor, "executor");
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  private interface Action {
    void run() throws IOException;
  }

  @Override
  public CompletionStage<Void> put(String name, byte[] bytes) {
    var file = fileOf(name);
    var parent = Objects.requireNonNull(file.getParent(), "a file of ours lies in a folder");
    var whole = withChecksum(bytes);
    return act(
        name,
        () -> {
          Files.createDirectories(parent);
          var draft = parent.resolve("." + process + "." + drafts.incrementAndGet() + ".new");
          try {
            write(draft, whole);
            Files.createLink(file, draft);
          } catch (FileAlreadyExistsException there) {
            if (!Arrays.equals(Files.readAllBytes(file), whole)) {
              throw new CheckpointException(
                  "chunk \"" + name + "\" holds other bytes: names are never used twice", there);
            }
          } finally {
            Files.deleteIfExists(draft);
          }
          force(parent);
        });
  }

  @Override
  public CompletionStage<byte[]> get(String name) {
    var file = fileOf(name);
    return run(
        name,
        () -> {
          byte[] whole;
          try {
            whole = Files.readAllBytes(file);
          } catch (NoSuchFileException absent) {
            throw new CheckpointException(
                "chunk \""
                    + name
                    + "\" is missing: there is no file "
                    + file
                    + "; what it held can't be made up, so the shard waits. Restore the folder, or"
                    + " run the function under a new name, which begins without state",
                absent);
          }
          int length = whole.length - TRAILER_BYTES;
          if (length < 0
              || ByteBuffer.wrap(whole, length, TRAILER_BYTES).getLong()
                  != checksum(whole, length)) {
            throw new CheckpointException(
                "chunk \"" + name + "\": file " + file + " is damaged, its checksum differs");
          }
          return Arrays.copyOf(whole, length);
        });
  }

  @Override
  public CompletionStage<Void> delete(String name) {
    var file = fileOf(name);
    return act(name, () -> Files.deleteIfExists(file));
  }

  @Override
  public CompletionStage<List<String>> names(String directory, Optional<String> after) {
    var folderOf = Objects.requireNonNull(fileOf(directory + "/x").getParent(), "a folder of ours");
    return run(
        directory + "/",
        () -> {
          if (!Files.isDirectory(folderOf)) {
            return List.of();
          }
          try (var files = Files.list(folderOf)) {
            return files
                .map(file -> Objects.toString(file.getFileName()))
                .filter(file -> file.startsWith("c"))
                .map(file -> directory + "/" + URLDecoder.decode(file.substring(1), UTF_8))
                .filter(name -> after.isEmpty() || name.compareTo(after.get()) > 0)
                .sorted()
                .limit(NAMES_MAX)
                .toList();
          }
        });
  }

  private CompletionStage<Void> act(String name, Action action) {
    return run(
            name,
            () -> {
              action.run();
              return name;
            })
        .thenAccept(done -> {});
  }

  /** Each word of the name but the last is a folder; none of them leads out of ours. */
  private Path fileOf(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("chunk name: must not be empty");
    }
    var file = folder;
    int word = 0;
    for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', word)) {
      file = file.resolve("d" + encoded(name.substring(word, slash)));
      word = slash + 1;
    }
    return file.resolve("c" + encoded(name.substring(word)));
  }

  private static String encoded(String word) {
    return URLEncoder.encode(word, UTF_8).replace("*", "%2A");
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    try (var out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        int unused = out.write(left);
      }
      out.force(true);
    }
  }

  /** The name is durable once its folder is. */
  private static void force(Path parent) throws IOException {
    try (var directory = FileChannel.open(parent, StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private static byte[] withChecksum(byte[] bytes) {
    byte[] whole = Arrays.copyOf(bytes, bytes.length + TRAILER_BYTES);
    ByteBuffer.wrap(whole, bytes.length, TRAILER_BYTES).putLong(checksum(bytes, bytes.length));
    return whole;
  }

  private static long checksum(byte[] bytes, int length) {
    var crc = new CRC32C();
    crc.update(bytes, 0, length);
    return crc.getValue();
  }

  private <T> CompletionStage<T> run(String name, Work<T> work) {
    var done = new CompletableFuture<T>();
    try {
      executor.execute(
          () -> {
            try {
              done.complete(work.run());
            } catch (CheckpointException known) {
              done.completeExceptionally(known);
            } catch (Throwable thrown) {
              done.completeExceptionally(failed(name, thrown));
            }
          });
    } catch (RejectedExecutionException full) {
      done.completeExceptionally(failed(name, full));
    }
    return done;
  }

  private CheckpointException failed(String name, Throwable cause) {
    return new CheckpointException(
        "chunk \"" + name + "\" in folder " + folder + ": " + cause, cause);
  }
}
