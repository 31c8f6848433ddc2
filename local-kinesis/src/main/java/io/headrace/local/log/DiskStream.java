package io.headrace.local.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream's folder: its state in one file, and a folder for each shard that ever got a record.
 * Guarded as {@link StreamLogs} says.
 */
final class DiskStream implements StreamLogs {
  private static final Logger LOG = LoggerFactory.getLogger(DiskStream.class);
  static final String SHARD_PREFIX = "shard-";

  private final DiskStore store;
  private final DiskContext context;
  private final Path folder;
  private final StateFile state;
  private final Map<Integer, DiskShardLog> logs = new HashMap<>();
  private @Nullable String complaint;

  DiskStream(DiskStore store, DiskContext context, Path folder) {
    this.store = store;
    this.context = context;
    this.folder = folder;
    this.state = new StateFile(context.disk(), context.sync(), folder);
  }

  /**
   * The state that was saved last.
   *
   * @throws LogFailure when it cannot be read
   */
  byte[] savedState() {
    try {
      state.clean();
      if (!state.isThere()) {
        throw new LogFailure(
            "%s has records and no file \"state\" that tells of which stream: put the file back from a copy, or stop the server and move the folder away to go on without the stream."
                .formatted(folder));
      }
      return state.read();
    } catch (IOException e) {
      throw LogFailure.reading(folder, e);
    }
  }

  /** Whether the server died while making this stream, which nobody was told of. */
  boolean wasNeverThere() throws IOException {
    return !state.isThere() && shardFolders().isEmpty();
  }

  @Override
  public String place() {
    return folder.toString();
  }

  @Override
  public ShardLog shard(ShardIdentity shard) {
    DiskShardLog log =
        DiskShardLog.open(context, folder.resolve(shardFolder(shard.index())), shard);
    logs.put(shard.index(), log);
    return log;
  }

  @Override
  public boolean keepsState() {
    return true;
  }

  @Override
  public void save(Supplier<byte[]> bytes) {
    byte[] content = bytes.get();
    try {
      makeFolder(folder);
      state.write(content);
      complaint = null;
    } catch (IOException e) {
      LogFailure failure = LogFailure.writing(folder.resolve("state"), e);
      complain(failure);
      throw failure;
    }
  }

  @Override
  public void delete() {
    store.discard(folder);
    // The folder is out of the way; what is left to do is to close files and give room back.
    logs.values().forEach(DiskShardLog::clear);
    logs.clear();
  }

  @Override
  public void close() {
    logs.values().forEach(DiskShardLog::close);
  }

  // Once: a change that came with time is tried again every second.
  private void complain(LogFailure failure) {
    String message = String.valueOf(failure.getMessage());
    if (!message.equals(complaint)) {
      complaint = message;
      LOG.warn("a stream stays as it was: {}", message);
    }
  }

  private List<Path> shardFolders() throws IOException {
    List<Path> folders = new ArrayList<>();
    for (Path inside : context.disk().list(folder)) {
      if (String.valueOf(inside.getFileName()).startsWith(SHARD_PREFIX)) {
        folders.add(inside);
      }
    }
    return folders;
  }

  private void makeFolder(Path wanted) throws IOException {
    if (context.disk().isDirectory(wanted)) {
      return;
    }
    Path parent = wanted.getParent();
    if (parent != null) {
      makeFolder(parent);
    }
    context.disk().createDirectories(wanted);
    if (parent != null) {
      context.sync().now(parent);
    }
  }

  private static String shardFolder(int index) {
    return String.format(Locale.ROOT, "%s%012d", SHARD_PREFIX, index);
  }
}
