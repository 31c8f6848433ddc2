package io.headrace.local.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shard's records in files: one segment after the other, of which only the last one grows and
 * which retention deletes whole. Guarded as {@link ShardLog} says.
 *
 * <p>What a commit has written is with the operating system, so that it survives this process; the
 * disk itself is asked for it by {@link GroupSync}. The last segment stays when all of its records
 * have expired, or an empty one in its place: it knows which position comes next.
 */
final class DiskShardLog implements ShardLog {
  private static final Logger LOG = LoggerFactory.getLogger(DiskShardLog.class);

  private final DiskSettings settings;
  private final Disk disk;
  private final GroupSync sync;
  private final OpenFiles openFiles;
  private final ByteBudget budget;
  private final Path folder;
  private final ShardIdentity shard;
  private final Deque<Segment> segments = new ArrayDeque<>();
  private final Batch batch = new Batch();
  private long horizonMillis;
  private long end;
  private long lastArrivalMillis;
  private long keptInRound;
  private boolean isBusy;
  private boolean isClosed;
  private @Nullable String complaint;

  private DiskShardLog(DiskContext context, Path folder, ShardIdentity shard) {
    this.settings = context.settings();
    this.disk = context.disk();
    this.sync = context.sync();
    this.openFiles = context.openFiles();
    this.budget = context.budget();
    this.folder = folder;
    this.shard = shard;
  }

  /**
   * Finds a shard's segments in its folder; none when there is no such folder yet.
   *
   * @throws LogFailure when a segment is damaged or missing
   */
  static DiskShardLog open(DiskContext context, Path folder, ShardIdentity shard) {
    DiskShardLog log = new DiskShardLog(context, folder, shard);
    try {
      log.recover();
    } catch (IOException e) {
      throw LogFailure.reading(folder, e);
    }
    return log;
  }

  @Override
  public void offer(StoredRecord record) {
    batch.add(record);
  }

  @Override
  public void commit() {
    if (batch.isEmpty()) {
      return;
    }
    if (isClosed) {
      batch.clear();
      throw new LogFailure("The local server is stopping, and " + folder + " is closed.");
    }
    if (!budget.tryTake(batch.length())) {
      batch.clear();
      throw new LogFailure(
          "The records in the folder of %s take %d bytes, and the limit diskBytesMax is %d."
              .formatted(folder, budget.bytes(), budget.bytesMax()));
    }
    int taken = batch.length();
    Path place = folder;
    try {
      Segment last = segmentFor(batch);
      place = last.file();
      append(last);
    } catch (IOException e) {
      budget.giveBack(taken);
      throw LogFailure.writing(place, e);
    } finally {
      batch.clear();
    }
    end = segments.getLast().end();
    lastArrivalMillis = segments.getLast().lastArrivalMillis();
    sync.written(place);
  }

  @Override
  public List<StoredRecord> read(long position, int recordsMax, long bytesMax) {
    Reading reading = new Reading(recordsMax, bytesMax);
    for (Segment segment : segments) {
      boolean isBefore =
          segment.end() <= position
              || segment.lastArrivalMillis() < horizonMillis
              || segment.isEmpty();
      if (!isBefore && !read(segment, position, horizonMillis, reading)) {
        break;
      }
    }
    return reading.records();
  }

  @Override
  public boolean hasFrom(long position) {
    return hasRecords() && end > position && lastArrivalMillis >= horizonMillis;
  }

  @Override
  public long positionAt(long arrivalMillis) {
    long from = Math.max(arrivalMillis, horizonMillis);
    for (Segment segment : segments) {
      if (!segment.isEmpty() && segment.lastArrivalMillis() >= from) {
        Reading first = new Reading(1, 0);
        boolean unused = read(segment, 0, from, first);
        return first.records().get(0).order();
      }
    }
    return end;
  }

  @Override
  public long end() {
    return end;
  }

  @Override
  public long lastArrivalMillis() {
    return lastArrivalMillis;
  }

  @Override
  public void trimBefore(long arrivalMillis) {
    horizonMillis = Math.max(horizonMillis, arrivalMillis);
    if (!isBusy) {
      segments.forEach(this::close);
      batch.release();
    }
    isBusy = false;
    boolean isIdle = segments.isEmpty() || segments.getFirst().lastArrivalMillis() >= horizonMillis;
    if (isIdle || !hasRecords()) {
      return;
    }
    try {
      removeExpired();
      complaint = null;
    } catch (IOException e) {
      complain(LogFailure.writing(folder, e));
    }
  }

  @Override
  public void clear() {
    segments.forEach(this::close);
    segments.forEach(segment -> budget.giveBack(segment.recordBytes()));
    segments.clear();
    batch.release();
    try {
      disk.deleteTree(folder);
    } catch (IOException e) {
      complain(LogFailure.writing(folder, e));
    }
  }

  /** Writes down what makes the next start short, and closes the files. */
  void close() {
    isClosed = true;
    segments.forEach(this::close);
    if (!segments.isEmpty()) {
      segments.getLast().seal();
    }
  }

  private void append(Segment last) throws IOException {
    if (last.isOpen()) {
      last.append(batch);
    } else {
      boolean mayStayOpen = false;
      try {
        last.append(batch);
        mayStayOpen = openFiles.tryAdd();
      } finally {
        if (!mayStayOpen) {
          last.close();
        }
      }
    }
    isBusy = true;
  }

  private boolean hasRecords() {
    return segments.size() > 1 || (segments.size() == 1 && !segments.getFirst().isEmpty());
  }

  private boolean read(Segment segment, long position, long arrivalMillis, Reading reading) {
    try {
      return segment.read(position, arrivalMillis, reading);
    } catch (IOException e) {
      throw LogFailure.reading(segment.file(), e);
    }
  }

  private Segment segmentFor(Batch next) throws IOException {
    Segment last = segments.peekLast();
    if (last == null) {
      disk.createDirectories(folder);
      sync.written(parentOf(folder));
      return addSegment();
    }
    boolean isFull =
        last.bytes() + (long) next.length() > settings.segmentBytesMax()
            || next.firstArrivalMillis() - last.firstArrivalMillis()
                > settings.segmentAge().toMillis();
    if (!isFull || last.isEmpty()) {
      return last;
    }
    return addSegment();
  }

  private Segment addSegment() throws IOException {
    Segment last = segments.peekLast();
    if (last != null) {
      last.cutOffRest();
    }
    Segment added = Segment.create(disk, folder, shard, end, lastArrivalMillis);
    sync.written(folder);
    keptInRound = sync.roundFor(added.file());
    if (last != null) {
      close(last);
      last.seal();
    }
    segments.addLast(added);
    return added;
  }

  private void removeExpired() throws IOException {
    if (segments.getLast().lastArrivalMillis() < horizonMillis && !segments.getLast().isEmpty()) {
      addSegment();
    }
    if (!sync.isKept(keptInRound)) {
      // A loss of power must not take the old files and the new one, which knows the position.
      return;
    }
    while (segments.size() > 1 && segments.getFirst().lastArrivalMillis() < horizonMillis) {
      close(segments.getFirst());
      segments.getFirst().delete();
      budget.giveBack(segments.getFirst().recordBytes());
      segments.removeFirst();
    }
  }

  private void close(Segment segment) {
    if (segment.isOpen()) {
      openFiles.remove();
      segment.close();
    }
  }

  private void recover() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path file : disk.list(folder)) {
      if (String.valueOf(file.getFileName()).endsWith(Segment.SUFFIX)) {
        files.add(file);
      }
    }
    for (int i = 0; i < files.size(); i++) {
      boolean isLast = i == files.size() - 1;
      Segment found = Segment.recover(disk, files.get(i), shard, isLast);
      if (found == null) {
        disk.delete(files.get(i));
      } else {
        follow(found);
      }
    }
  }

  private void follow(Segment found) {
    if (!segments.isEmpty() && found.base() != end) {
      throw new LogFailure(
          "%s begins at position %d and the file before it ends at %d: put the file between them back from a copy, or stop the server and move the stream's folder %s away to go on without it."
              .formatted(found.file(), found.base(), end, parentOf(folder)));
    }
    segments.addLast(found);
    budget.take(found.recordBytes());
    end = found.end();
    lastArrivalMillis = found.lastArrivalMillis();
  }

  private void complain(LogFailure failure) {
    String message = String.valueOf(failure.getMessage());
    // Once, not every second for as long as it lasts.
    if (!message.equals(complaint)) {
      complaint = message;
      LOG.warn("expired records stay on the disk for now: {}", message);
    }
  }

  /** The bytes of heap that wait for the next put. */
  int heldBytes() {
    return batch.bytes().length;
  }

  private static Path parentOf(Path path) {
    Path parent = path.getParent();
    return parent == null ? path : parent;
  }
}
