package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.RecordForm.DEPTH_MAX;
import static io.headrace.kcl.kinesis.RecordForm.RECORDS;
import static io.headrace.kcl.kinesis.RecordForm.name;

import io.headrace.kcl.kinesis.RecordForm.Unknown;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;

/**
 * An event of SubscribeToShard, as the bytes say it, or as the SDK has read it. Pure. Fields that a
 * later version of the service may add are passed over; an event that has a field of today's in
 * another form than Kinesis writes is not read at all.
 *
 * <p>The SDK's own reading makes strings of Base64, numbers of any length for times, and copies of
 * all: it was half of what fan-out took.
 *
 * @param continuation where reading goes on behind the event; null where the shard ends
 * @param millisBehind how late the event is
 * @param children where the shard ends
 */
record EventBody(
    @Nullable String continuation,
    @Nullable Long millisBehind,
    List<StoredRecord> records,
    List<ChildShard> children) {
  private static final byte[] CONTINUATION = name("ContinuationSequenceNumber");
  private static final byte[] MILLIS_BEHIND = name("MillisBehindLatest");
  private static final byte[] CHILDREN = name("ChildShards");
  private static final byte[][] OF_CHILD = {
    name("ShardId"), name("ParentShards"), name("HashKeyRange")
  };
  private static final byte[][] OF_HASH_KEYS = {name("StartingHashKey"), name("EndingHashKey")};

  /** Of an event that is read: which of its fields have come. */
  private static final int HAS_RECORDS = 1;

  private static final int HAS_CONTINUATION = 2;
  private static final int HAS_MILLIS = 4;
  private static final int HAS_CHILDREN = 8;

  /**
   * Takes an event apart.
   *
   * @throws Unknown when it has such a form that it might be taken for another; says where
   */
  static EventBody read(byte[] bytes, int from, int to) throws Unknown {
    return new Reading(bytes, from, to).event();
  }

  /** The same event, as the SDK has read it. */
  static EventBody of(SubscribeToShardEvent event) {
    return new EventBody(
        event.continuationSequenceNumber(),
        event.millisBehindLatest(),
        StoredRecord.of(event.records()),
        event.childShards());
  }

  /** Goes through an event once. */
  private static final class Reading extends JsonRecords {
    Reading(byte[] bytes, int from, int to) {
      super(bytes, from, to);
    }

    EventBody event() throws Unknown {
      String continuation = null;
      Long millisBehind = null;
      List<StoredRecord> records = List.of();
      List<ChildShard> children = List.of();
      int fields = 0;
      take('{');
      for (boolean more = !isNext('}'); more; more = more('}')) {
        passName();
        int field = fieldOfEvent();
        if ((fields & field) != 0) {
          throw new Unknown(at);
        }
        fields |= field;
        take(':');
        switch (field) {
          case HAS_CONTINUATION -> continuation = text();
          case HAS_MILLIS -> millisBehind = integer();
          case HAS_RECORDS -> records = isNull() ? List.of() : records();
          case HAS_CHILDREN -> children = isNull() ? List.of() : list(this::child);
          default -> skip(DEPTH_MAX);
        }
      }
      return new EventBody(continuation, millisBehind, records, children);
    }

    /** Of the name that was passed; 0 of another one. */
    private int fieldOfEvent() {
      if (isText(RECORDS)) {
        return HAS_RECORDS;
      }
      if (isText(CONTINUATION)) {
        return HAS_CONTINUATION;
      }
      if (isText(MILLIS_BEHIND)) {
        return HAS_MILLIS;
      }
      return isText(CHILDREN) ? HAS_CHILDREN : 0;
    }

    /** Reads the next element of a list. */
    private interface Element<T> {
      T read() throws Unknown;
    }

    private <T> List<T> list(Element<T> element) throws Unknown {
      var list = new ArrayList<T>();
      take('[');
      for (boolean more = !isNext(']'); more; more = more(']')) {
        list.add(element.read());
      }
      return list;
    }

    private ChildShard child() throws Unknown {
      var child = ChildShard.builder();
      take('{');
      for (boolean more = !isNext('}'); more; more = more('}')) {
        switch (passName(OF_CHILD)) {
          case 0 -> child.shardId(text());
          case 1 -> child.parentShards(isNull() ? null : list(this::parent));
          case 2 -> child.hashKeyRange(isNull() ? null : hashKeys());
          default -> skip(DEPTH_MAX);
        }
      }
      return child.build();
    }

    private String parent() throws Unknown {
      String parent = text();
      if (parent == null) {
        throw new Unknown(at);
      }
      return parent;
    }

    private HashKeyRange hashKeys() throws Unknown {
      var range = HashKeyRange.builder();
      take('{');
      for (boolean more = !isNext('}'); more; more = more('}')) {
        switch (passName(OF_HASH_KEYS)) {
          case 0 -> range.startingHashKey(text());
          case 1 -> range.endingHashKey(text());
          default -> skip(DEPTH_MAX);
        }
      }
      return range.build();
    }
  }
}
