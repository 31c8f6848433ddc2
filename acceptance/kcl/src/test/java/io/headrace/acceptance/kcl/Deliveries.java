package io.headrace.acceptance.kcl;

import io.headrace.acceptance.kcl.Written.Place;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * The judge: compares what the library hands over with what was written. The library's threads call
 * it, one at a time for a shard; every other thread may ask.
 */
final class Deliveries implements Judge {
  private static final int FAULTS_KEPT = 20;

  private final Written written;
  private final BitSet seen = new BitSet();
  private final Map<String, BigInteger> lastNumbers = new HashMap<>();
  private final Set<String> started = new TreeSet<>();
  private final Set<String> ended = new TreeSet<>();
  private final List<String> faults = new ArrayList<>();
  private long again;

  Deliveries(Written written) {
    this.written = written;
  }

  @Override
  public synchronized void starts(String shard) {
    started.add(shard);
    for (String parent : written.parents(shard)) {
      if (!ended.contains(parent)) {
        fault(shard + " starts before its parent " + parent + " has ended");
      }
    }
  }

  @Override
  public synchronized void delivered(String shard, KinesisClientRecord record) {
    var sequenceNumber = record.sequenceNumber();
    var data = Judge.bytes(record);
    int number = written.number(data);
    if (number < 0) {
      fault(shard + " " + sequenceNumber + ": bytes that nobody wrote");
      return;
    }
    if (!Arrays.equals(data, written.data(number))
        || !record.partitionKey().equals(written.key(number))) {
      fault(shard + " " + sequenceNumber + ": record " + number + " has other bytes or key");
    }
    Place place = written.place(number);
    // Null: read before the writer has seen the answer; the end of the run compares again.
    if (place != null && !place.equals(new Place(shard, sequenceNumber))) {
      fault(shard + " " + sequenceNumber + ": record " + number + " was written to " + place);
    }
    var position = new BigInteger(sequenceNumber);
    var last = lastNumbers.put(shard, position);
    if (last != null && position.compareTo(last) <= 0) {
      fault(shard + ": " + position + " comes after " + last);
    }
    if (ended.contains(shard)) {
      fault(shard + ": record " + number + " comes after the shard's end");
    }
    if (seen.get(number)) {
      again++;
    }
    seen.set(number);
  }

  @Override
  public synchronized void ends(String shard) {
    ended.add(shard);
  }

  @Override
  public synchronized void fault(String what) {
    if (faults.size() < FAULTS_KEPT) {
      faults.add(what);
    }
  }

  synchronized boolean complete(Collection<String> closedShards) {
    return !faults.isEmpty()
        || (seen.cardinality() == written.records() && ended.containsAll(closedShards));
  }

  synchronized List<String> faults() {
    return List.copyOf(faults);
  }

  synchronized int distinct() {
    return seen.cardinality();
  }

  /** Records that were handed over more than once. */
  synchronized long again() {
    return again;
  }

  synchronized Set<String> started() {
    return Set.copyOf(started);
  }

  synchronized Set<String> ended() {
    return Set.copyOf(ended);
  }

  @Override
  public synchronized String toString() {
    return seen.cardinality()
        + " of "
        + written.records()
        + " records, started "
        + started
        + ", ended "
        + ended
        + ", faults "
        + faults;
  }
}
