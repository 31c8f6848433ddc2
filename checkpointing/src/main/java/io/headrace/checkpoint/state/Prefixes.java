package io.headrace.checkpoint.state;

import java.util.ArrayList;
import java.util.List;

/** The beginnings of the names in one chunk, each stored once. */
record Prefixes(List<String> all) {
  static Prefixes of(List<ChunkRef> refs) {
    return new Prefixes(refs.stream().map(ChunkRef::prefix).distinct().toList());
  }

  int indexOf(String prefix) {
    int index = all.indexOf(prefix);
    if (index < 0) {
      throw new IllegalStateException("a prefix that was not collected");
    }
    return index;
  }

  String get(int index) {
    if (index >= all.size()) {
      throw new IllegalArgumentException("prefix " + index + " of " + all.size());
    }
    return all.get(index);
  }

  void write(ByteWriter out) {
    out.writeLong(all.size());
    all.forEach(out::writeText);
  }

  static Prefixes read(ByteReader in) {
    var all = new ArrayList<String>();
    for (int left = in.readInt(); left > 0; left--) {
      all.add(in.readText());
    }
    return new Prefixes(List.copyOf(all));
  }
}
