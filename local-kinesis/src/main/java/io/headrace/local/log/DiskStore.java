package io.headrace.local.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps streams in a folder of the file system, which one server at a time may hold. Any thread.
 *
 * <p>In the folder: {@code format} says what it is and of which version; {@code lock} keeps other
 * servers off; {@code streams/ACCOUNT/REGION/NAME} holds a stream each; {@code trash} holds what is
 * being deleted.
 *
 * <p>A record that was committed is with the operating system, and so survives the death of this
 * process at any moment; {@link SyncPolicy} says what is to survive a loss of power.
 */
public final class DiskStore implements LogStore {
  private static final Logger LOG = LoggerFactory.getLogger(DiskStore.class);
  private static final String FORMAT = "headrace local-kinesis 1\n";
  private static final int FORMAT_BYTES_MAX = 256;

  private final Path root;
  private final Disk disk;
  private final GroupSync sync;
  private final DiskContext context;
  private final Closeable lock;
  private final AtomicLong discarded = new AtomicLong();

  private DiskStore(Path root, DiskContext context, Closeable lock) {
    this.root = root;
    this.disk = context.disk();
    this.sync = context.sync();
    this.context = context;
    this.lock = lock;
  }

  /**
   * Opens a folder, and makes it when it is not there.
   *
   * @param bytesMax what all records may take there together
   * @param executor where the disk is asked to keep what was written; it may block
   * @throws LogFailure when the folder cannot be used, with a sentence that says why
   */
  public static DiskStore open(Path folder, long bytesMax, SyncPolicy fsync, Executor executor) {
    return open(folder, bytesMax, fsync, executor, new RealDisk(), DiskSettings.STANDARD);
  }

  static DiskStore open(
      Path folder,
      long bytesMax,
      SyncPolicy fsync,
      Executor executor,
      Disk disk,
      DiskSettings settings) {
    Path root = folder.toAbsolutePath().normalize();
    GroupSync sync = new GroupSync(disk, fsync, executor);
    DiskContext context =
        new DiskContext(
            settings, disk, sync, new OpenFiles(settings.openFilesMax()), new ByteBudget(bytesMax));
    Closeable lock = null;
    try {
      requireFolder(disk, root);
      lock = disk.lock(root.resolve("lock"));
      if (lock == null) {
        throw new LogFailure(
            root + " is in use by another local Kinesis: stop that one, or choose another folder.");
      }
      DiskStore store = new DiskStore(root, context, lock);
      store.requireFormat();
      store.emptyTrash();
      lock = null;
      return store;
    } catch (IOException e) {
      throw LogFailure.writing(root, e);
    } finally {
      closeQuietly(lock);
    }
  }

  @Override
  public List<KeptStream> kept() {
    List<KeptStream> kept = new ArrayList<>();
    try {
      for (Path account : disk.list(root.resolve("streams"))) {
        for (Path region : disk.list(account)) {
          for (Path stream : disk.list(region)) {
            keep(stream, kept);
          }
        }
      }
    } catch (IOException e) {
      throw LogFailure.reading(root, e);
    }
    return kept;
  }

  @Override
  public StreamLogs create(StreamName name) {
    return new DiskStream(this, context, name.folderIn(root.resolve("streams")));
  }

  @Override
  public ByteBudget budget() {
    return context.budget();
  }

  @Override
  public @Nullable CompletionStage<@Nullable Void> safe() {
    return sync.kept();
  }

  @Override
  public void tick() {
    sync.run();
  }

  @Override
  public void close() {
    sync.run();
    closeQuietly(lock);
  }

  /** Takes a stream's folder out of sight in one step, and then deletes it. */
  void discard(Path folder) {
    Path trash = root.resolve("trash");
    Path place = trash.resolve(Long.toString(discarded.incrementAndGet()));
    try {
      if (!disk.isDirectory(folder)) {
        return;
      }
      disk.createDirectories(trash);
      disk.rename(folder, place);
    } catch (IOException e) {
      throw LogFailure.writing(folder, e);
    }
    sync.renamedIn(folder.getParent());
    try {
      disk.deleteTree(place);
    } catch (IOException e) {
      LOG.warn("{} was not deleted ({}); the next start tries again", place, e.toString());
    }
  }

  private void keep(Path folder, List<KeptStream> kept) throws IOException {
    StreamName name = StreamName.ofFolder(folder).orElse(null);
    if (name == null || !disk.isDirectory(folder)) {
      LOG.warn("{} is not a stream's folder and stays as it is", folder);
      return;
    }
    DiskStream stream = new DiskStream(this, context, folder);
    if (stream.wasNeverThere()) {
      disk.deleteTree(folder);
      return;
    }
    try {
      kept.add(new KeptStream.Whole(name, stream.savedState(), stream));
    } catch (LogFailure failure) {
      kept.add(new KeptStream.Unusable(name, failure));
    }
  }

  private static void requireFolder(Disk disk, Path root) throws IOException {
    if (disk.isFile(root)) {
      throw new LogFailure(root + " is a file: choose a folder for the data.");
    }
    disk.createDirectories(root);
    if (disk.isFile(root.resolve("format"))) {
      return;
    }
    for (Path inside : disk.list(root)) {
      String name = String.valueOf(inside.getFileName());
      if (!name.equals("lock") && !name.equals("format.next")) {
        throw new LogFailure(
            "%s holds other things (%s) and no data of a local Kinesis: choose an empty folder, or one that is not there yet."
                .formatted(root, name));
      }
    }
  }

  private void requireFormat() throws IOException {
    Path format = root.resolve("format");
    byte[] wanted = FORMAT.getBytes(StandardCharsets.US_ASCII);
    if (!disk.isFile(format)) {
      Path next = root.resolve("format.next");
      try (DiskFile open = disk.open(next)) {
        open.truncate(0);
        open.write(0, wanted, 0, wanted.length);
      }
      sync.now(next);
      disk.rename(next, format);
      sync.now(root);
      return;
    }
    byte[] found = new byte[FORMAT_BYTES_MAX];
    int length;
    try (DiskFile open = disk.openToRead(format)) {
      length = open.read(0, found, 0, found.length);
    }
    String text = new String(found, 0, length, StandardCharsets.US_ASCII);
    if (!text.equals(FORMAT)) {
      throw new LogFailure(
          "%s was written by another version (it says \"%s\", and this one writes \"%s\"): open it with that version, or choose another folder."
              .formatted(root, text.strip(), FORMAT.strip()));
    }
  }

  private void emptyTrash() throws IOException {
    disk.deleteTree(root.resolve("trash"));
  }

  private static void closeQuietly(@Nullable Closeable closing) {
    if (closing == null) {
      return;
    }
    try {
      closing.close();
    } catch (IOException e) {
      LOG.warn("unlocking the folder of data: {}", e.toString());
    }
  }
}
