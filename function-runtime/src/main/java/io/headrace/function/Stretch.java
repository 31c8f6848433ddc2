package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.StreamRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was summed up between two commits and leaves together. Filled by one call on the pool at a
 * time, while {@link #filling}; of the worker loop else.
 */
final class Stretch<A> {
  /**
   * A record of a sum.
   *
   * @param watermark the highest event time before it in its shard
   */
  record Member(StreamRecord record, Instant time, Instant watermark) {}

  /** What records of one key that fall into the same windows come to. */
  static final class Sum<A> {
    final String key;
    final List<Windows.Span> spans;
    final List<Member> members = new ArrayList<>();
    A value;

    /** A call failed with it and may have changed it: its records go one by one. */
    boolean spoiled;

    Sum(String key, List<Windows.Span> spans, A empty) {
      this.key = key;
      this.spans = spans;
      this.value = empty;
    }
  }

  private final Map<String, List<Sum<A>>> sums = new LinkedHashMap<>();
  private int records;

  /** The first record that it was given, whatever became of that; null while it holds none. */
  @Nullable Position from;

  /** Records that go by themselves, behind all that is here. */
  final List<StreamRecord> followers = new ArrayList<>();

  /** A call on the pool fills it. */
  boolean filling;

  /** It takes no more, and leaves once a commit says that all up to here may have left. */
  @Nullable Position horizon;

  /**
   * The sum that a record of these windows is to be added to; null where there is none yet. Where
   * windows overlap, only the latest of the key: two records of one window keep their order.
   */
  @Nullable Sum<A> sumOf(String key, List<Windows.Span> spans, boolean disjoint) {
    var ofKey = sums.getOrDefault(key, List.of());
    for (int i = ofKey.size() - 1; i >= 0; i--) {
      if (ofKey.get(i).spans.equals(spans)) {
        return ofKey.get(i);
      }
      if (!disjoint) {
        break;
      }
    }
    return null;
  }

  void add(Sum<A> to, Member member, A value) {
    if (to.members.isEmpty()) {
      sums.computeIfAbsent(to.key, key -> new ArrayList<>()).add(to);
    }
    to.members.add(member);
    to.value = value;
    records++;
  }

  boolean isEmpty() {
    return size() == 0;
  }

  /** How many records are here, those that go by themselves included. */
  int size() {
    return records + followers.size();
  }

  /** By key, those of a key in the order in which they began. */
  List<Sum<A>> sums() {
    return sums.values().stream().flatMap(List::stream).toList();
  }

  /** All records, in the shard's order. */
  List<StreamRecord> allRecords() {
    var all = new ArrayList<>(followers);
    sums().forEach(sum -> sum.members.forEach(member -> all.add(member.record())));
    all.sort((one, other) -> one.position().compareTo(other.position()));
    return all;
  }
}
