package io.headrace.checkpoint.state;

import io.headrace.kcl.HashRange;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Writes one run, from the first key to the last, a few chunks at a time. One thread at a time;
 * what it waits for completes on any.
 */
final class RunWriter {
  /** What a reference takes beside its key and filter, at most. */
  private static final int REF_BYTES = 32;

  private static final int IN_FLIGHT_MAX = 4;

  private final ChunkIo io;
  private final boolean resident;
  private final HashRange limit;
  private final List<String> names = new ArrayList<>();
  private final ArrayDeque<CompletableFuture<Void>> inFlight = new ArrayDeque<>();
  private final List<RawEntry> open = new ArrayList<>();

  /** By level: the chunks that no node above names yet. */
  private final List<List<ChunkRef>> levels = new ArrayList<>();

  private int openBytes;
  private long entries;
  private long bytes;
  private byte @Nullable [] first;
  private byte[] last = new byte[0];

  RunWriter(ChunkIo io, boolean resident, HashRange limit) {
    this.io = io;
    this.resident = resident;
    this.limit = limit;
    levels.add(new ArrayList<>());
  }

  /** The names of all chunks so far, stored or not. */
  List<String> names() {
    return List.copyOf(names);
  }

  /** Adds the next entry; its key lies behind the last one's. */
  void add(RawEntry entry) {
    if (openBytes > 0 && openBytes + entry.bytes() > io.rules().chunkBytes()) {
      closeData();
    }
    if (first == null) {
      first = entry.key();
    }
    last = entry.key();
    open.add(entry);
    openBytes += entry.bytes();
    entries++;
  }

  /** What to wait for before more is added; null when there is room. */
  @Nullable CompletableFuture<Void> pressure() {
    var oldest = inFlight.peekFirst();
    while (oldest != null && isStored(oldest)) {
      inFlight.removeFirst();
      oldest = inFlight.peekFirst();
    }
    return inFlight.size() < IN_FLIGHT_MAX ? null : oldest;
  }

  private static boolean isStored(CompletableFuture<Void> put) {
    return put.isDone() && !put.isCompletedExceptionally();
  }

  /** All of it is durable when the stage completes; empty where nothing was added. */
  CompletableFuture<Optional<Run>> finish() {
    var run = close();
    return stored().thenApply(done -> run);
  }

  /** Nothing more is added: the run as it will be once all is {@link #stored}. */
  Optional<Run> close() {
    if (!open.isEmpty()) {
      closeData();
    }
    byte[] from = first;
    if (from == null) {
      return Optional.empty();
    }
    int level = 0;
    while (level + 1 < levels.size() || levels.get(level).size() > 1) {
      if (!levels.get(level).isEmpty()) {
        closeNode(level);
      }
      level++;
    }
    var top = levels.get(level).get(0);
    if (level == 0) {
      io.isTop(top.name(), top.bloom());
      top = new ChunkRef(top.name(), top.checksum(), top.bytes(), top.first(), ChunkRef.NO_BLOOM);
    }
    return Optional.of(new Run(resident, limit, entries, bytes, from, last, level, top));
  }

  /** Completes when no put is under way any more; fails when one has. */
  CompletableFuture<Void> stored() {
    return CompletableFuture.allOf(inFlight.toArray(CompletableFuture<?>[]::new));
  }

  /** No put is under way any more, however they came out. */
  CompletableFuture<Void> settled() {
    return stored().handle((done, thrown) -> null);
  }

  private void closeData() {
    // As they are in memory: deflated ones may be a thousand times shorter.
    bytes += openBytes;
    var ref = put(DataChunk.write(open), open.get(0).key(), Bloom.of(open));
    open.clear();
    openBytes = 0;
    add(0, ref);
  }

  private void add(int level, ChunkRef ref) {
    var refs = levels.get(level);
    refs.add(ref);
    int size = 0;
    for (var each : refs) {
      size += each.first().length + each.bloom().length + REF_BYTES;
    }
    if (refs.size() > 2 && size > io.rules().chunkBytes()) {
      refs.remove(refs.size() - 1);
      closeNode(level);
      levels.get(level).add(ref);
    }
  }

  private void closeNode(int level) {
    var refs = levels.get(level);
    var node = new Node(level + 1, refs);
    byte[] chunk = node.write();
    bytes += chunk.length;
    var ref = put(chunk, refs.get(0).first(), ChunkRef.NO_BLOOM);
    refs.clear();
    if (levels.size() == level + 1) {
      levels.add(new ArrayList<>());
    }
    add(level + 1, ref);
  }

  private ChunkRef put(byte[] chunk, byte[] firstKey, byte[] bloom) {
    var name = io.newName();
    names.add(name);
    inFlight.add(io.put(name, chunk));
    return ChunkRef.of(name, chunk, firstKey, bloom);
  }
}
