package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An inner chunk of a run's tree: where the entries lie.
 *
 * @param level 1 above pieces of entries, 2 above such nodes, and so on
 * @param refs in order, at least one
 */
record Node(int level, List<ChunkRef> refs) {
  private static final int MAGIC = 0x4844524e;
  private static final int FORMAT = 1;

  Node {
    refs = List.copyOf(refs);
  }

  byte[] write() {
    var out = new ByteWriter(64 << 10);
    out.writeFixed(MAGIC);
    out.writeByte(FORMAT);
    out.writeLong(level);
    var prefixes = Prefixes.of(refs);
    prefixes.write(out);
    out.writeLong(refs.size());
    refs.forEach(ref -> ref.write(out, prefixes));
    return out.toCheckedBytes();
  }

  /**
   * @param what names the chunk in errors
   */
  static Node read(String what, byte[] bytes) {
    var in = ByteReader.ofChecked(what, bytes, MAGIC, FORMAT);
    try {
      int level = in.readInt();
      var prefixes = Prefixes.read(in);
      var refs = new ArrayList<ChunkRef>();
      for (int left = in.readInt(); left > 0; left--) {
        refs.add(ChunkRef.read(in, prefixes));
      }
      return new Node(level, refs);
    } catch (IllegalArgumentException wrong) {
      throw new CheckpointException(what + ": can't be read", wrong);
    }
  }

  /** The only child that may hold a key; null when it lies before the first. */
  @Nullable ChunkRef childOf(byte[] key) {
    int low = 0;
    int high = refs.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(refs.get(middle).first(), key) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high < 0 ? null : refs.get(high);
  }

  /** About what it takes of memory. */
  int weight() {
    int all = 64;
    for (var ref : refs) {
      all += 200 + ref.first().length + ref.bloom().length + 2 * ref.name().length();
    }
    return all;
  }
}
