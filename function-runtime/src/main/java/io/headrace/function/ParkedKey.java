package io.headrace.function;

import io.headrace.function.ParkedDirectory.Entry;
import io.headrace.function.ParkedDirectory.Stretch;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The queue of one parked key: what is stored, of which the first chunk may be here, and what came
 * since and is not stored yet. At most one record is in its lane. Pure bookkeeping, owned by the
 * worker loop.
 */
final class ParkedKey {
  /** A record that is next, and the shard in which it lies. */
  record Next(StreamRecord record, ShardKey origin) {}

  private final String key;

  /** Of the chunks that this run writes for the key. */
  private final String prefix;

  private final ArrayDeque<Stretch> stretches;
  private long written;
  private Position next;
  private long records;
  private long bytes;

  /** Of the first chunk, those behind the one in the lane; null when it is not here. */
  private @Nullable ArrayDeque<StreamRecord> loaded;

  private @Nullable ShardKey origin;

  /** How many records the first chunk holds; 0 when it was never here. */
  private int chunkSize;

  /** Came since and not stored yet; of these, {@link #writing} are on their way. */
  private final List<StreamRecord> tail = new ArrayList<>();

  private long tailBytes;
  private int writing;

  /** The record in the lane, while there is one. */
  private @Nullable StreamRecord handed;

  /** The first of its records that are left has failed, as far as is known. */
  private boolean failed = true;

  private long loadedBytes;

  boolean lingering;
  boolean fetching;

  private ParkedKey(Entry entry, String prefix) {
    this.key = entry.key();
    this.prefix = prefix;
    this.stretches = new ArrayDeque<>(entry.stretches());
    this.next = entry.next();
    this.records = entry.records();
    this.bytes = entry.bytes();
  }

  /** A key as a commit has it. */
  static ParkedKey restored(Entry entry, String prefix) {
    return new ParkedKey(entry, prefix);
  }

  /**
   * A key that is parked now, whose first chunk is stored and here.
   *
   * @param number which chunk of the prefix that is
   */
  static ParkedKey parked(String key, String prefix, long number, ParkedChunk chunk) {
    var first = chunk.records().get(0).position();
    var stretch = new Stretch(prefix, number, number, 0);
    var made = new ParkedKey(new Entry(key, first, 0, 0, List.of(stretch)), prefix);
    made.written = number;
    made.count(chunk.records());
    made.arrived(chunk);
    return made;
  }

  String key() {
    return key;
  }

  Position next() {
    return next;
  }

  long records() {
    return records;
  }

  long bytes() {
    return bytes;
  }

  Entry entry() {
    return new Entry(key, next, records, bytes, List.copyOf(stretches));
  }

  /** Whether its next record has failed before: in this run, or in the one that parked it. */
  boolean hasFailed() {
    return failed;
  }

  /** What is here of its first chunk, beside the record in the lane. */
  long loadedBytes() {
    return loaded == null ? 0 : loadedBytes;
  }

  boolean isHanded() {
    return handed != null;
  }

  /** Nothing is stored any more, and nothing is on its way. */
  boolean isOver() {
    return stretches.isEmpty() && writing == 0 && handed == null;
  }

  /** The name of the chunk that has to be fetched before anything is next; null for none. */
  @Nullable String wanted() {
    var first = stretches.peek();
    return first == null || loaded != null ? null : first.name();
  }

  /** The first chunk is here; of it, what is finished is left out. */
  void arrived(ParkedChunk chunk) {
    int done = stretches.getFirst().done();
    chunkSize = chunk.records().size();
    origin = chunk.origin();
    loaded = new ArrayDeque<>(chunk.records().subList(done, chunkSize));
    loadedBytes = loaded.stream().mapToLong(StreamRecord::budgetBytes).sum();
  }

  /** Takes the next one, which is in the lane from now on; null when its chunk is not here. */
  @Nullable Next take() {
    if (loaded == null || loaded.isEmpty() || origin == null) {
      return null;
    }
    handed = loaded.remove();
    loadedBytes -= handed.budgetBytes();
    return new Next(handed, origin);
  }

  /** The one in the lane keeps failing: those behind it need not be here meanwhile. */
  void unload() {
    loaded = null;
  }

  /**
   * The one in the lane is finished.
   *
   * @return the name of the chunk that is finished with it; null for none
   */
  @Nullable String finished() {
    var done = handed;
    if (done == null) {
      throw new IllegalStateException("no record of parked key hash " + key.hashCode() + " is out");
    }
    handed = null;
    failed = false;
    next = new Position(done.position().sequence(), done.position().subSequence() + 1);
    records--;
    bytes -= done.budgetBytes();
    var first = stretches.remove();
    if (first.done() + 1 < chunkSize) {
      stretches.addFirst(
          new Stretch(first.prefix(), first.first(), first.last(), first.done() + 1));
      return null;
    }
    loaded = null;
    if (first.first() < first.last()) {
      stretches.addFirst(new Stretch(first.prefix(), first.first() + 1, first.last(), 0));
    }
    return first.name();
  }

  void append(StreamRecord record) {
    tail.add(record);
    tailBytes += record.budgetBytes();
  }

  int unwritten() {
    return tail.size() - writing;
  }

  long unwrittenBytes() {
    return tailBytes;
  }

  /** What the next chunk would take. */
  long nextBytes() {
    return ParkedChunk.first(tail).stream().mapToLong(StreamRecord::budgetBytes).sum();
  }

  boolean isWriting() {
    return writing > 0;
  }

  /** Takes what fits into a chunk, to be stored. */
  List<StreamRecord> write() {
    var some = ParkedChunk.first(tail);
    writing = some.size();
    written++;
    return some;
  }

  /** The name of the chunk that is being stored. */
  String writingTo() {
    return prefix + written;
  }

  /** It is stored. */
  void written() {
    var stored = tail.subList(0, writing);
    if (stretches.isEmpty()) {
      next = stored.get(0).position();
    }
    count(stored);
    for (var record : stored) {
      tailBytes -= record.budgetBytes();
    }
    stored.clear();
    writing = 0;
    var last = stretches.peekLast();
    if (last != null && last.prefix().equals(prefix) && last.last() + 1 == written) {
      stretches.removeLast();
      stretches.addLast(new Stretch(prefix, last.first(), written, last.done()));
    } else {
      stretches.addLast(new Stretch(prefix, written, written, 0));
    }
  }

  /** Takes what is not stored. */
  List<StreamRecord> takeTail() {
    var left = List.copyOf(tail);
    tail.clear();
    tailBytes = 0;
    writing = 0;
    return left;
  }

  private void count(List<StreamRecord> more) {
    for (var record : more) {
      records++;
      bytes += record.budgetBytes();
    }
  }
}
