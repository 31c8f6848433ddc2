package io.headrace.local.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The file system of this machine. Any thread. */
final class RealDisk implements Disk {
  // The JDK copies through a buffer of its own, which each thread keeps for ever.
  private static final int COPY_BYTES_MAX = 1 << 20;

  @Override
  public DiskFile open(Path file) throws IOException {
    return open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
  }

  @Override
  public DiskFile openToRead(Path file) throws IOException {
    return open(file, StandardOpenOption.READ);
  }

  @Override
  public void createDirectories(Path folder) throws IOException {
    Files.createDirectories(folder);
  }

  @Override
  public List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> inside = Files.list(folder)) {
      return inside.sorted().toList();
    }
  }

  @Override
  public boolean isFile(Path path) {
    return Files.isRegularFile(path);
  }

  @Override
  public boolean isDirectory(Path path) {
    return Files.isDirectory(path);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.deleteIfExists(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("the file system cannot rename in one step", e);
    }
  }

  @Override
  public void sync(Path path) throws IOException {
    boolean isFolder = Files.isDirectory(path);
    OpenOption option = isFolder ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    uninterrupted(
        () -> {
          try (FileChannel channel = FileChannel.open(path, option)) {
            channel.force(true);
          }
          return 0;
        });
  }

  @Override
  public @Nullable Closeable lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    boolean isHeld = false;
    try {
      isHeld = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // Another server in this very process.
      isHeld = false;
    } finally {
      if (!isHeld) {
        channel.close();
      }
    }
    return isHeld ? channel : null;
  }

  private static DiskFile open(Path file, OpenOption... options) throws IOException {
    return new ChannelFile(FileChannel.open(file, options));
  }

  // An interrupted thread would find its channel closed in the middle of a write. The user's thread
  // that makes a stream may be interrupted; it finds that out later, not from here.
  private static <T> T uninterrupted(Step<T> step) throws IOException {
    boolean wasInterrupted = Thread.interrupted();
    try {
      return step.run();
    } finally {
      if (wasInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private interface Step<T> {
    T run() throws IOException;
  }

  private static final class ChannelFile implements DiskFile {
    private final FileChannel channel;

    ChannelFile(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public int read(long position, byte[] into, int offset, int length) throws IOException {
      return uninterrupted(
          () -> {
            int done = 0;
            while (done < length) {
              int wanted = Math.min(length - done, COPY_BYTES_MAX);
              ByteBuffer part = ByteBuffer.wrap(into, offset + done, wanted);
              int count = channel.read(part, position + done);
              if (count < 0) {
                break;
              }
              done += count;
            }
            return done;
          });
    }

    @Override
    public void write(long position, byte[] from, int offset, int length) throws IOException {
      int unused =
          uninterrupted(
              () -> {
                int done = 0;
                while (done < length) {
                  int wanted = Math.min(length - done, COPY_BYTES_MAX);
                  ByteBuffer part = ByteBuffer.wrap(from, offset + done, wanted);
                  done += channel.write(part, position + done);
                }
                return done;
              });
    }

    @Override
    public void truncate(long size) throws IOException {
      FileChannel unused = uninterrupted(() -> channel.truncate(size));
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
