package io.headrace.bench.state;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Counts by DynamoDB's rule: a unit for each begun KB of an item, put or deleted. Any thread. */
final class CountingUnits extends ForwardingChunkStore {
  /** What takes units. */
  enum Kind {
    /** Pieces of entries, put. */
    ENTRIES,
    /** What says where those lie, put. */
    NODES,
    /** Roots, put. */
    ROOTS,
    /** All of these, deleted. */
    DELETED;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int UNIT_BYTES = 1_024;

  /** What the names of key and attributes take of an item. */
  private static final int NAMES_BYTES = 120;

  /** The fourth byte of a chunk says what it is. */
  private static final int KIND_AT = 3;

  private final Map<String, Integer> sizes = new ConcurrentHashMap<>();
  private final Map<Kind, AtomicLong> units = new ConcurrentHashMap<>();

  CountingUnits(ChunkStore chunks) {
    super(chunks);
  }

  long of(Kind kind) {
    var counted = units.get(kind);
    return counted == null ? 0 : counted.get();
  }

  long all() {
    return units.values().stream().mapToLong(AtomicLong::get).sum();
  }

  void reset() {
    units.clear();
  }

  @Override
  public CompletionStage<Void> put(String name, byte[] bytes) {
    int size = (bytes.length + NAMES_BYTES + UNIT_BYTES - 1) / UNIT_BYTES;
    sizes.put(name, size);
    count(kindOf(bytes), size);
    return super.put(name, bytes);
  }

  private static Kind kindOf(byte[] bytes) {
    return switch (bytes[KIND_AT]) {
      case 'D' -> Kind.ENTRIES;
      case 'N' -> Kind.NODES;
      case 'T' -> Kind.ROOTS;
      default -> throw new IllegalArgumentException("a chunk that is none of state");
    };
  }

  @Override
  public CompletionStage<Void> delete(String name) {
    var size = sizes.remove(name);
    count(Kind.DELETED, size == null ? 1 : size);
    return super.delete(name);
  }

  private void count(Kind kind, int size) {
    units.computeIfAbsent(kind, k -> new AtomicLong()).addAndGet(size);
  }
}
