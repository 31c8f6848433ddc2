package io.headrace.kcl.kinesis;

import io.headrace.kcl.PartitionKey;
import io.headrace.kcl.Payload;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * One answer of GetRecords as user records. Pure, so that it can be made on the SDK's thread while
 * the loop goes on.
 *
 * @param records those behind {@code after}, aggregates taken apart, up to the budget
 * @param cut the budget was used up: what follows must be read again
 * @param sought whether {@code after} itself was met
 * @param stored how many records of the stream were looked at, an aggregate being one
 * @param bytes what those take of the budget
 * @param misrouted sub-records that lie outside the shard's hash range; see {@link
 *     KinesisStream#misroutedSubRecords}
 */
record Page(
    List<StreamRecord> records,
    boolean cut,
    Sought sought,
    @Nullable Position first,
    int stored,
    long bytes,
    int misrouted) {

  /** Whether the record where reading resumes was found. */
  enum Sought {
    /** Nothing at or behind it yet: pages may be empty before it comes. */
    NOT_YET,
    /** It is there: nothing was trimmed between it and what follows. */
    FOUND,
    /** A later one came first: the stream has trimmed it. */
    PASSED
  }

  /**
   * What a page is read for.
   *
   * @param action the call that brings it, for messages
   */
  record Wanted(String action, Shard shard, @Nullable Position after, long bytesMax, Place place) {
    Wanted(Shard shard, @Nullable Position after, long bytesMax, Place place) {
      this("GetRecords", shard, after, bytesMax, place);
    }
  }

  /**
   * Reads an answer.
   *
   * @throws StreamException when the answer breaks the protocol; names field and value
   */
  static Page read(List<Record> answer, Wanted wanted, Instant now) {
    return ofStored(StoredRecord.of(answer), wanted, now);
  }

  /** The same of records that the SDK has not read. */
  static Page ofStored(List<StoredRecord> answer, Wanted wanted, Instant now) {
    return new Reading(wanted, now, answer.size()).read(answer);
  }

  /** Collects one page; lives for one call. */
  private static final class Reading {
    private final Wanted wanted;
    private final Instant now;
    private final List<StreamRecord> records;
    private Sought sought = Sought.NOT_YET;
    private long recordBytes;
    private long keptBytes;
    private long allBytes;
    private int misrouted;

    Reading(Wanted wanted, Instant now, int size) {
      this.records = new ArrayList<>(size);
      this.wanted = wanted;
      this.now = now;
    }

    Page read(List<StoredRecord> answer) {
      boolean cut = false;
      int stored = 0;
      for (StoredRecord record : answer) {
        int before = records.size();
        int misroutedBefore = misrouted;
        recordBytes = 0;
        add(record);
        stored++;
        allBytes += recordBytes;
        // A record of the stream is kept whole: a place within an aggregate can be resumed at, but
        // each time the whole of it would be read and unpacked again.
        if (before > 0 && keptBytes + recordBytes > wanted.bytesMax()) {
          records.subList(before, records.size()).clear();
          misrouted = misroutedBefore;
          cut = true;
          break;
        }
        if (records.size() > before) {
          keptBytes += recordBytes;
        }
      }
      Position first = records.isEmpty() ? null : records.get(0).position();
      return new Page(records, cut, sought, first, stored, allBytes, misrouted);
    }

    private void add(StoredRecord record) {
      SequenceNumber sequence = sequenceOf(record);
      String key = present(record.key(), "PartitionKey", sequence);
      byte[] data = present(record.data(), "Data", sequence);
      Instant arrived = record.at();
      if (arrived == null) {
        arrived = now;
      }
      // Lanes are looked up by it, on the worker loop, which would have to fetch the key's letters
      // from memory: here they are at hand, and a string keeps its hash.
      int unused = key.hashCode();
      seek(sequence);
      Aggregate aggregate = Aggregate.unpack(data);
      if (aggregate == null) {
        keep(
            new StreamRecord(
                new Position(sequence, 0),
                PartitionKey.of(key),
                arrived,
                Payload.of(data),
                Map.of()));
        return;
      }
      long sub = 0;
      for (Aggregate.SubRecord part : aggregate.records()) {
        boolean elsewhere = !wanted.shard().range().holds(part.hashKey());
        boolean kept =
            keep(
                new StreamRecord(
                    new Position(sequence, sub++),
                    PartitionKey.of(part.partitionKey()),
                    arrived,
                    Payload.of(part.data()),
                    part.tags(),
                    elsewhere));
        if (kept && elsewhere) {
          misrouted++;
        }
      }
    }

    private void seek(SequenceNumber sequence) {
      Position after = wanted.after();
      if (sought == Sought.NOT_YET && after != null) {
        int order = sequence.compareTo(after.sequence());
        if (order == 0) {
          sought = Sought.FOUND;
        } else if (order > 0) {
          sought = Sought.PASSED;
        }
      }
    }

    private boolean keep(StreamRecord record) {
      recordBytes += record.budgetBytes();
      Position after = wanted.after();
      return (after == null || record.position().compareTo(after) > 0) && records.add(record);
    }

    private SequenceNumber sequenceOf(StoredRecord record) {
      String number = record.sequence();
      try {
        return new SequenceNumber(number == null ? "" : number);
      } catch (IllegalArgumentException notANumber) {
        throw broken("SequenceNumber \"" + number + "\" is not a decimal number", notANumber);
      }
    }

    private <T> T present(@Nullable T value, String field, SequenceNumber sequence) {
      if (value == null) {
        throw broken("record " + sequence + " has no " + field, null);
      }
      return value;
    }

    private StreamException broken(String what, @Nullable Throwable cause) {
      String message =
          wanted.action()
              + " on "
              + wanted.place()
              + ", shard "
              + wanted.shard().id()
              + " was answered against the protocol: "
              + what
              + "; is the endpoint a Kinesis server?";
      return cause == null
          ? new StreamException(Kind.INVALID, message)
          : new StreamException(Kind.INVALID, message, cause);
    }
  }
}
