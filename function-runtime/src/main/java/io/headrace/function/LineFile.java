package io.headrace.function;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A file that grows by lines and is forced to the disk before a line counts as written; lines that
 * wait together are forced together. Any thread may call; what waits is bounded by the records in
 * work.
 */
final class LineFile implements AutoCloseable {
  private record Waiting(List<byte[]> lines, CompletableFuture<Void> written) {}

  private final Path path;
  private final Executor pool;

  /** Held while the disk works, apart from the queue's lock: {@link #append} never waits for it. */
  private final Object disk = new Object();

  private List<Waiting> waiting = new ArrayList<>();
  private boolean writing;
  private @Nullable FileChannel channel;

  LineFile(Path path, Executor pool) {
    this.path = path;
    this.pool = pool;
  }

  /** Appends lines, given without their ends. */
  CompletionStage<Void> append(List<byte[]> lines) {
    var written = new CompletableFuture<Void>();
    synchronized (this) {
      waiting.add(new Waiting(lines, written));
      if (writing) {
        return written;
      }
      writing = true;
    }
    submit();
    return written;
  }

  private void submit() {
    try {
      pool.execute(this::writeWaiting);
    } catch (RejectedExecutionException full) {
      List<Waiting> refused;
      synchronized (this) {
        refused = take();
        writing = false;
      }
      refused.forEach(each -> each.written().completeExceptionally(full));
    }
  }

  /** One at a time, since {@link #writing} is set from the first line to the last. */
  private void writeWaiting() {
    var batch = take();
    try {
      write(batch);
      batch.forEach(each -> each.written().complete(null));
    } catch (IOException | RuntimeException failed) {
      close();
      batch.forEach(each -> each.written().completeExceptionally(failed));
    }
    synchronized (this) {
      if (waiting.isEmpty()) {
        writing = false;
        return;
      }
    }
    submit();
  }

  private synchronized List<Waiting> take() {
    var taken = waiting;
    waiting = new ArrayList<>();
    return taken;
  }

  private void write(List<Waiting> batch) throws IOException {
    int size = 0;
    for (var each : batch) {
      for (var line : each.lines()) {
        size += line.length + 1;
      }
    }
    var bytes = ByteBuffer.allocate(size);
    batch.forEach(each -> each.lines().forEach(line -> bytes.put(line).put((byte) '\n')));
    bytes.flip();
    synchronized (disk) {
      var file = channel != null ? channel : open();
      channel = file;
      while (bytes.hasRemaining()) {
        int written = file.write(bytes);
        assert written >= 0 : "a blocking channel writes";
      }
      file.force(false);
    }
  }

  /** Opens for appending; a line that a crash cut short is ended first. */
  private FileChannel open() throws IOException {
    var folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    boolean torn = false;
    if (Files.exists(path) && Files.size(path) > 0) {
      try (var reader = FileChannel.open(path, StandardOpenOption.READ)) {
        var last = ByteBuffer.allocate(1);
        torn = reader.read(last, reader.size() - 1) == 1 && last.get(0) != '\n';
      }
    }
    var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    if (torn) {
      int written = file.write(ByteBuffer.wrap(new byte[] {'\n'}));
      assert written == 1 : "a blocking channel writes";
    }
    return file;
  }

  @Override
  public void close() {
    synchronized (disk) {
      if (channel != null) {
        try {
          channel.close();
        } catch (IOException ignored) {
          // All that was acknowledged is forced to the disk already.
        }
        channel = null;
      }
    }
  }
}
