package io.headrace.local.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A file system on the heap that fails when a test wants it to: at the n-th change, from the n-th
 * change on as if the process had died there, or when it is full. A write that fails leaves the
 * first half of its bytes. Any thread.
 */
final class SimulatedDisk implements Disk {
  private static final int NEVER = -1;

  private final Map<Path, byte[]> files = new TreeMap<>();
  private final Set<Path> folders = new TreeSet<>();
  private final Set<Path> locked = new HashSet<>();
  private final Set<Path> synced = new TreeSet<>();
  private int changes;
  private int failingChange = NEVER;
  private int lastChange = NEVER;
  private long bytesMax = Long.MAX_VALUE;
  private Supplier<IOException> failure = () -> new IOException("Input/output error");

  synchronized int changes() {
    return changes;
  }

  synchronized void failAt(int change) {
    failingChange = change;
  }

  synchronized void dieAt(int change) {
    lastChange = change;
  }

  synchronized void failWith(Supplier<IOException> failure) {
    this.failure = failure;
  }

  synchronized void bytesMax(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** What another process would find after this one died. */
  synchronized SimulatedDisk afterDeath() {
    SimulatedDisk next = new SimulatedDisk();
    files.forEach((path, bytes) -> next.files.put(path, bytes.clone()));
    next.folders.addAll(folders);
    return next;
  }

  synchronized byte[] bytes(Path file) {
    return files.get(file).clone();
  }

  synchronized void put(Path file, byte[] bytes) {
    files.put(file, bytes);
  }

  synchronized List<Path> files() {
    return new ArrayList<>(files.keySet());
  }

  synchronized Set<Path> synced() {
    return new TreeSet<>(synced);
  }

  @Override
  public synchronized DiskFile open(Path file) throws IOException {
    if (!files.containsKey(file)) {
      change();
      if (!folders.contains(file.getParent())) {
        throw new NoSuchFileException(file.toString());
      }
      files.put(file, new byte[0]);
    }
    return new Opened(file);
  }

  @Override
  public synchronized DiskFile openToRead(Path file) throws IOException {
    if (!files.containsKey(file)) {
      throw new NoSuchFileException(file.toString());
    }
    return new Opened(file);
  }

  @Override
  public synchronized void createDirectories(Path folder) throws IOException {
    change();
    for (Path each = folder; each != null; each = each.getParent()) {
      folders.add(each);
    }
  }

  @Override
  public synchronized List<Path> list(Path folder) {
    Set<Path> inside = new TreeSet<>(files.keySet());
    inside.addAll(folders);
    inside.removeIf(path -> !folder.equals(path.getParent()));
    return new ArrayList<>(inside);
  }

  @Override
  public synchronized boolean isFile(Path path) {
    return files.containsKey(path);
  }

  @Override
  public synchronized boolean isDirectory(Path path) {
    return folders.contains(path);
  }

  @Override
  public synchronized void delete(Path path) throws IOException {
    if (!files.containsKey(path) && !folders.contains(path)) {
      return;
    }
    change();
    if (!list(path).isEmpty()) {
      throw new IOException("Directory not empty: " + path);
    }
    files.remove(path);
    folders.remove(path);
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    change();
    Map<Path, byte[]> moved = new TreeMap<>(files);
    for (Map.Entry<Path, byte[]> file : moved.entrySet()) {
      if (file.getKey().startsWith(from)) {
        files.remove(file.getKey());
        files.put(renamed(file.getKey(), from, to), file.getValue());
      }
    }
    for (Path folder : new ArrayList<>(folders)) {
      if (folder.startsWith(from)) {
        folders.remove(folder);
        folders.add(renamed(folder, from, to));
      }
    }
  }

  @Override
  public synchronized void sync(Path path) throws IOException {
    change();
    if (!files.containsKey(path) && !folders.contains(path)) {
      throw new NoSuchFileException(path.toString());
    }
    synced.add(path);
  }

  @Override
  public synchronized @Nullable Closeable lock(Path file) throws IOException {
    change();
    files.putIfAbsent(file, new byte[0]);
    return locked.add(file) ? () -> locked.remove(file) : null;
  }

  private static Path renamed(Path path, Path from, Path to) {
    return path.equals(from) ? to : to.resolve(from.relativize(path));
  }

  private void change() throws IOException {
    int number = changes++;
    if (number == failingChange || (lastChange != NEVER && number >= lastChange)) {
      throw failure.get();
    }
  }

  private long used() {
    return files.values().stream().mapToLong(bytes -> bytes.length).sum();
  }

  private final class Opened implements DiskFile {
    private final Path file;

    Opened(Path file) {
      this.file = file;
    }

    @Override
    public long size() {
      return now().length;
    }

    @Override
    public int read(long position, byte[] into, int offset, int length) {
      byte[] bytes = now();
      int count = (int) Math.max(0, Math.min(length, bytes.length - position));
      System.arraycopy(bytes, (int) Math.min(position, bytes.length), into, offset, count);
      return count;
    }

    @Override
    public void write(long position, byte[] from, int offset, int length) throws IOException {
      synchronized (SimulatedDisk.this) {
        boolean isDead = lastChange != NEVER && changes >= lastChange + 1;
        long room = bytesMax - used() - Math.max(0, position - now().length);
        try {
          change();
        } catch (IOException e) {
          if (!isDead) {
            put(position, from, offset, length / 2);
          }
          throw e;
        }
        long grows = position + length - now().length;
        if (grows > room) {
          put(position, from, offset, (int) Math.max(0, length - (grows - Math.max(0, room))));
          throw new IOException("No space left on device");
        }
        put(position, from, offset, length);
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      synchronized (SimulatedDisk.this) {
        if (now().length <= size) {
          return;
        }
        change();
        files.put(file, Arrays.copyOf(now(), (int) size));
      }
    }

    @Override
    public void close() {}

    private void put(long position, byte[] from, int offset, int length) {
      byte[] bytes = now();
      byte[] longer = Arrays.copyOf(bytes, (int) Math.max(bytes.length, position + length));
      System.arraycopy(from, offset, longer, (int) position, length);
      files.put(file, longer);
    }

    private byte[] now() {
      synchronized (SimulatedDisk.this) {
        byte[] bytes = files.get(file);
        return bytes == null ? new byte[0] : bytes;
      }
    }
  }
}
