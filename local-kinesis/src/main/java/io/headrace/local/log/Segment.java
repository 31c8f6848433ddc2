package io.headrace.local.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file of a shard's records. Only the last one of a shard grows. The shard's log guards every
 * call.
 *
 * <p>A header of 44 bytes comes first: a magic word that ends in the version (8), the shard's index
 * (4), the seconds of its creation (8), the position at which this segment begins (8), the last
 * arrival before it (8), zero (4), the CRC32C of these (4). Records follow as {@link RecordFormat}
 * says. The file is named by the position at which it begins, so that names sort as records do.
 */
final class Segment {
  static final int HEADER_BYTES = 44;
  static final String SUFFIX = ".log";

  private static final Logger LOG = LoggerFactory.getLogger(Segment.class);
  private static final byte[] MAGIC = "HRSHARD\1".getBytes(StandardCharsets.ISO_8859_1);
  private static final String INDEX_SUFFIX = ".index";
  private static final int ENTRIES_PER_WRITE = 16;

  private final Disk disk;
  private final Path file;
  private final ShardIdentity shard;
  private final long base;
  private final long arrivalBeforeMillis;
  private final SegmentIndex index = new SegmentIndex();
  private int size = HEADER_BYTES;
  private long end;
  private long lastArrivalMillis;
  private @Nullable DiskFile open;
  private boolean isDirtyBehind;

  private Segment(Disk disk, Path file, ShardIdentity shard, long base, long arrivalBeforeMillis) {
    this.disk = disk;
    this.file = file;
    this.shard = shard;
    this.base = base;
    this.end = base;
    this.arrivalBeforeMillis = arrivalBeforeMillis;
    this.lastArrivalMillis = arrivalBeforeMillis;
  }

  /** Makes an empty segment; when that fails, there is none. */
  static Segment create(
      Disk disk, Path folder, ShardIdentity shard, long base, long lastArrivalMillis)
      throws IOException {
    Path file = folder.resolve(String.format(Locale.ROOT, "%019d", base) + SUFFIX);
    Segment segment = new Segment(disk, file, shard, base, lastArrivalMillis);
    disk.delete(segment.indexFile());
    try (DiskFile open = disk.open(file)) {
      open.truncate(0);
      open.write(0, segment.header(), 0, HEADER_BYTES);
    } catch (IOException e) {
      segment.removeQuietly();
      throw e;
    }
    return segment;
  }

  /**
   * Finds out what a segment holds, and cuts off the end of the last one when the server died while
   * writing it.
   *
   * @return null when the server died before it had made the segment
   * @throws LogFailure when the segment is damaged
   */
  static @Nullable Segment recover(Disk disk, Path file, ShardIdentity shard, boolean isLast)
      throws IOException {
    try (DiskFile open = disk.open(file)) {
      long bytes = open.size();
      byte[] header = new byte[HEADER_BYTES];
      int length = open.read(0, header, 0, HEADER_BYTES);
      if (length < HEADER_BYTES && isLast) {
        return null;
      }
      Segment segment = ofHeader(disk, file, shard, header, length);
      segment.find(open, bytes, isLast);
      return segment;
    }
  }

  Path file() {
    return file;
  }

  long base() {
    return base;
  }

  int bytes() {
    return size;
  }

  int recordBytes() {
    return size - HEADER_BYTES;
  }

  long end() {
    return end;
  }

  boolean isEmpty() {
    return size == HEADER_BYTES;
  }

  long lastArrivalMillis() {
    return lastArrivalMillis;
  }

  long firstArrivalMillis() {
    return index.size() == 0 ? lastArrivalMillis : index.firstArrivalMillis();
  }

  boolean isOpen() {
    return open != null;
  }

  /** Adds the records, or after an exception none of them. */
  void append(Batch batch) throws IOException {
    DiskFile to = openFile();
    cutOffRest();
    try {
      to.write(size, batch.bytes(), 0, batch.length());
    } catch (IOException e) {
      isDirtyBehind = true;
      try {
        to.truncate(size);
        isDirtyBehind = false;
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
    take(batch);
  }

  /** Removes what an append that failed may have left behind the last record. */
  void cutOffRest() throws IOException {
    if (!isDirtyBehind) {
      return;
    }
    boolean wasOpen = isOpen();
    openFile().truncate(size);
    isDirtyBehind = false;
    if (!wasOpen) {
      close();
    }
  }

  /**
   * Gives the records from a position on that arrived at a time or later.
   *
   * @return false when the reading wants no more
   * @throws LogFailure when a record is damaged
   */
  boolean read(long position, long arrivalMillis, Reading reading) throws IOException {
    int from =
        Math.max(
            index.offsetOfOrder(position, HEADER_BYTES),
            index.offsetOfArrival(arrivalMillis, HEADER_BYTES));
    DiskFile held = open;
    if (held != null) {
      return read(held, from, position, arrivalMillis, reading);
    }
    try (DiskFile opened = disk.openToRead(file)) {
      return read(opened, from, position, arrivalMillis, reading);
    }
  }

  /** Says in the index that all is sound up to here; nothing depends on it. */
  void seal() {
    index.addSound(end, lastArrivalMillis, size);
    saveIndex();
    close();
  }

  void close() {
    DiskFile closing = open;
    open = null;
    if (closing != null) {
      try {
        closing.close();
      } catch (IOException e) {
        LOG.warn("closing {}: {}", file, e.toString());
      }
    }
  }

  void delete() throws IOException {
    close();
    disk.delete(file);
    disk.delete(indexFile());
  }

  private boolean read(
      DiskFile from, int offset, long position, long arrivalMillis, Reading reading)
      throws IOException {
    RecordScanner scanner = new RecordScanner(from, offset, size);
    while (scanner.next()) {
      boolean isWanted =
          RecordFormat.order(scanner.bytes(), scanner.at()) >= position
              && RecordFormat.arrivalMillis(scanner.bytes(), scanner.at()) >= arrivalMillis;
      if (isWanted && !reading.offer(RecordFormat.record(scanner.bytes(), scanner.at(), shard))) {
        return false;
      }
    }
    if (!scanner.isAtLimit()) {
      throw LogFailure.damaged(file, scanner.offset(), "a record's checksum is wrong");
    }
    return true;
  }

  private void take(Batch batch) {
    int at = 0;
    while (at < batch.length()) {
      note(batch.bytes(), at, size + at);
      at += RecordFormat.bytesAt(batch.bytes(), at);
    }
    size += batch.length();
    if (index.notInFile() >= ENTRIES_PER_WRITE) {
      saveIndex();
    }
  }

  private void note(byte[] bytes, int at, int offset) {
    long order = RecordFormat.order(bytes, at);
    long arrival = RecordFormat.arrivalMillis(bytes, at);
    if (index.wants(offset)) {
      index.add(order, arrival, offset);
    }
    end = order + 1;
    lastArrivalMillis = arrival;
  }

  private void saveIndex() {
    try {
      index.save(disk, indexFile());
    } catch (IOException e) {
      // A start without it takes longer, that is all.
      LOG.debug("writing {}: {}", indexFile(), e.toString());
    }
  }

  private DiskFile openFile() throws IOException {
    DiskFile present = open;
    if (present == null) {
      present = disk.open(file);
      open = present;
    }
    return present;
  }

  private void find(DiskFile from, long bytes, boolean isLast) throws IOException {
    if (bytes > Integer.MAX_VALUE) {
      throw LogFailure.damaged(file, Integer.MAX_VALUE, "the file is too long");
    }
    if (!index.load(disk, indexFile(), HEADER_BYTES, bytes)) {
      throw LogFailure.damaged(file, bytes, "the file is shorter than it was");
    }
    if (index.size() > 0 && !find(from, index.lastOffset(), bytes)) {
      // Either the index is wrong or what it points to is: the records themselves decide.
      int soundUpTo = index.soundUpTo();
      index.clear();
      end = base;
      lastArrivalMillis = arrivalBeforeMillis;
      boolean unused = find(from, HEADER_BYTES, bytes);
      if (size < soundUpTo) {
        throw LogFailure.damaged(file, size, "a record's checksum is wrong");
      }
    } else if (index.size() == 0) {
      boolean unused = find(from, HEADER_BYTES, bytes);
    }
    if (size < bytes) {
      cutOff(from, bytes, isLast);
    }
  }

  /** Goes through the records from an offset on; false when there is nothing sound at it. */
  private boolean find(DiskFile from, int offset, long bytes) throws IOException {
    if (index.size() > 0) {
      end = index.lastOrder();
      lastArrivalMillis = index.lastArrivalMillis();
    }
    size = offset;
    RecordScanner scanner = new RecordScanner(from, offset, bytes);
    while (scanner.next() && follows(scanner)) {
      note(scanner.bytes(), scanner.at(), size);
      size += scanner.recordBytes();
    }
    return size > offset || (offset == bytes && index.endsSound());
  }

  private boolean follows(RecordScanner scanner) {
    return RecordFormat.order(scanner.bytes(), scanner.at()) >= end
        && RecordFormat.arrivalMillis(scanner.bytes(), scanner.at()) >= lastArrivalMillis;
  }

  private void cutOff(DiskFile from, long bytes, boolean isLast) throws IOException {
    byte[] rest = new byte[(int) (bytes - size)];
    int length = from.read(size, rest, 0, rest.length);
    if (!isLast || RecordScanner.holdsRecordAbove(rest, length, end - 1)) {
      throw LogFailure.damaged(file, size, "a record's checksum is wrong");
    }
    LOG.warn(
        "{}: cut off its last {} bytes, a record that was being written when the server died",
        file,
        length);
    from.truncate(size);
  }

  private Path indexFile() {
    String name = String.valueOf(file.getFileName());
    return file.resolveSibling(name.replace(SUFFIX, INDEX_SUFFIX));
  }

  private void removeQuietly() {
    try {
      disk.delete(file);
    } catch (IOException e) {
      // An empty file that starts a shard's next segment is taken over by the next try.
      LOG.debug("removing {}: {}", file, e.toString());
    }
  }

  private byte[] header() {
    ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES);
    bytes.put(MAGIC).putInt(shard.index()).putLong(shard.createdSeconds());
    bytes.putLong(base).putLong(arrivalBeforeMillis).putInt(0);
    return bytes.putInt(checksum(bytes.array())).array();
  }

  private static Segment ofHeader(
      Disk disk, Path file, ShardIdentity shard, byte[] header, int length) {
    if (length < HEADER_BYTES) {
      throw LogFailure.damaged(file, length, "the file ends in its header");
    }
    ByteBuffer bytes = ByteBuffer.wrap(header);
    byte[] magic = new byte[MAGIC.length];
    bytes.get(magic);
    int version = MAGIC.length - 1;
    if (magic[version] != MAGIC[version] && Arrays.equals(magic, 0, version, MAGIC, 0, version)) {
      throw new LogFailure(
          file
              + " was written by another version: open the folder with that version, or choose"
              + " another folder.");
    }
    if (!Arrays.equals(magic, MAGIC) || bytes.getInt(HEADER_BYTES - 4) != checksum(header)) {
      throw LogFailure.damaged(file, 0, "the header's checksum is wrong");
    }
    ShardIdentity found = new ShardIdentity(bytes.getInt(), bytes.getLong());
    if (!found.equals(shard)) {
      throw LogFailure.damaged(file, 8, "it belongs to " + found + " and lies with " + shard);
    }
    return new Segment(disk, file, shard, bytes.getLong(), bytes.getLong());
  }

  private static int checksum(byte[] header) {
    CRC32C crc = new CRC32C();
    crc.update(header, 0, HEADER_BYTES - 4);
    return (int) crc.getValue();
  }
}
