package io.headrace.bench.local;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.ServerProcess;
import java.util.OptionalLong;

/**
 * The memory of a server at one moment.
 *
 * @param resident by the system's account
 * @param heap in use after a collection, where the server is ours
 */
record Footprint(OptionalLong resident, OptionalLong heap) {
  private static final double MEBIBYTE = 1 << 20;

  static Footprint of(ServerProcess server) {
    // The collection comes first: what it touches is resident.
    OptionalLong heap = server.heapBytes();
    return new Footprint(server.residentBytes(), heap);
  }

  void addTo(Results results, int round, Contestant server) {
    Figures figures = new Figures();
    resident.ifPresent(bytes -> figures.put("memory.idle_resident_mib", bytes / MEBIBYTE));
    heap.ifPresent(bytes -> figures.put("memory.idle_heap_mib", bytes / MEBIBYTE));
    results.add(round, server.label(), null, figures);
  }

  /** Adds what a record takes, when so many came since the server was idle. */
  void addTo(Results results, int round, Contestant server, Footprint idle, Figures filled) {
    double records = filled.byName().getOrDefault(LoadProgram.FILLED, 0.0);
    if (records <= 0) {
      return;
    }
    Figures figures = new Figures();
    if (resident.isPresent() && idle.resident.isPresent()) {
      double more = resident.getAsLong() - idle.resident.getAsLong();
      figures.put("memory.resident_bytes_record", more / records);
    }
    if (heap.isPresent() && idle.heap.isPresent()) {
      double more = heap.getAsLong() - idle.heap.getAsLong();
      figures.put("memory.heap_bytes_record", more / records);
    }
    results.add(round, server.label(), null, figures);
  }
}
