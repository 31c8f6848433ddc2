package io.headrace.acceptance.kcl;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What was written, by number: every record's key and bytes follow from its number and the seed,
 * its shard and sequence number from the server's answer. Any thread may ask.
 */
final class Written {
  private static final int NUMBER_BYTES = 4;
  private static final int PADDING_BYTES_MAX = 200;

  /** Where a record went. */
  record Place(String shard, String sequenceNumber) {}

  private final long seed;
  private final AtomicReferenceArray<Place> places;
  private final Map<String, List<String>> parents = new ConcurrentHashMap<>();

  Written(int records, long seed) {
    this.seed = seed;
    this.places = new AtomicReferenceArray<>(records);
  }

  int records() {
    return places.length();
  }

  String key(int number) {
    return "key-" + number % 997;
  }

  byte[] data(int number) {
    var random = new Random(seed ^ number * 0x9E3779B97F4A7C15L);
    var bytes = new byte[NUMBER_BYTES + random.nextInt(PADDING_BYTES_MAX)];
    random.nextBytes(bytes);
    ByteBuffer.wrap(bytes).putInt(number);
    return bytes;
  }

  /** The number that a record's bytes begin with, or -1 when there is no such record. */
  int number(byte[] data) {
    if (data.length < NUMBER_BYTES) {
      return -1;
    }
    int number = ByteBuffer.wrap(data).getInt();
    return number >= 0 && number < records() ? number : -1;
  }

  void wentTo(int number, Place place) {
    if (!places.compareAndSet(number, null, place)) {
      throw new IllegalStateException("record " + number + " was written twice");
    }
  }

  @Nullable Place place(int number) {
    return places.get(number);
  }

  void shardHasParents(String shard, List<String> its) {
    parents.put(shard, its);
  }

  /** Empty for a shard that the stream began with. */
  List<String> parents(String shard) {
    return parents.getOrDefault(shard, List.of());
  }
}
