package io.headrace.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.StateReader;
import io.headrace.function.StoredEntry;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Exported state on its way to a file. A shard that is told anew is cut off first. For one thread
 * at a time.
 */
final class StateFile implements StateReader.Visitor, AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;

  private final FileChannel channel;
  private final OutputStream out;
  private StateReader.@Nullable AsOf shard;
  private long begins;
  private long entriesBefore;
  private long entries;

  private StateFile(FileChannel channel) {
    this.channel = channel;
    this.out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES);
  }

  static StateFile create(Path file) throws IOException {
    return new StateFile(
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE));
  }

  @Override
  public void begins(StateReader.AsOf next) {
    try {
      out.flush();
      if (shard != null && shard.shard().equals(next.shard())) {
        channel.truncate(begins);
        entries = entriesBefore;
      }
      begins = channel.position();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    entriesBefore = entries;
    shard = next;
    line(StateLines.of(next));
  }

  @Override
  public void entry(StoredEntry entry) {
    var of = shard;
    if (of == null) {
      throw new IllegalStateException("an entry of no shard");
    }
    line(StateLines.of(of, entry));
    entries++;
  }

  void line(Map<String, Object> line) {
    try {
      out.write(JsonLine.of(line).getBytes(UTF_8));
      out.write('\n');
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  long entries() {
    return entries;
  }

  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      out.flush();
      channel.force(true);
      channel.close();
    }
  }
}
