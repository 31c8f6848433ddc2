package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.RecordForm.ARRIVAL;
import static io.headrace.kcl.kinesis.RecordForm.DATA;
import static io.headrace.kcl.kinesis.RecordForm.DEPTH_MAX;
import static io.headrace.kcl.kinesis.RecordForm.PARTITION_KEY;
import static io.headrace.kcl.kinesis.RecordForm.RECORDS;
import static io.headrace.kcl.kinesis.RecordForm.SEQUENCE_NUMBER;
import static io.headrace.kcl.kinesis.RecordForm.name;

import io.headrace.kcl.kinesis.RecordForm.Unknown;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
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
  private static final byte[] ENCRYPTION = name("EncryptionType");
  private static final byte[][] OF_CHILD = {
    name("ShardId"), name("ParentShards"), name("HashKeyRange")
  };
  private static final byte[][] OF_HASH_KEYS = {name("StartingHashKey"), name("EndingHashKey")};

  /** Of an event that is read: which of its fields have come. */
  private static final int HAS_RECORDS = 1;

  private static final int HAS_CONTINUATION = 2;
  private static final int HAS_MILLIS = 4;
  private static final int HAS_CHILDREN = 8;

  /** Of a record that is read: which of its fields have come. */
  private static final int HAS_SEQUENCE = 1;

  private static final int HAS_KEY = 2;
  private static final int HAS_DATA = 4;
  private static final int HAS_ARRIVAL = 8;
  private static final int HAS_ENCRYPTION = 16;

  /** What a time may take, so that it is exact and the SDK would take it as well. */
  private static final int TIME_CHARS_MAX = 20;

  private static final int TIME_EXPONENT_MAX = 30;

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
  private static final class Reading extends JsonBytes {
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

    private List<StoredRecord> records() throws Unknown {
      take('[');
      if (isNext(']')) {
        return List.of();
      }
      int begin = at;
      StoredRecord first = stored();
      List<StoredRecord> records = new ArrayList<>(1 + (to - begin) / (at - begin));
      records.add(first);
      while (more(']')) {
        records.add(stored());
      }
      return records;
    }

    private StoredRecord stored() throws Unknown {
      String sequence = null;
      String key = null;
      byte[] data = null;
      Instant arrived = null;
      int fields = 0;
      take('{');
      for (boolean more = !isNext('}'); more; more = more('}')) {
        int field = field();
        if ((fields & field) != 0) {
          throw new Unknown(at);
        }
        fields |= field;
        take(':');
        switch (field) {
          case HAS_SEQUENCE -> sequence = text();
          case HAS_KEY -> key = text();
          case HAS_DATA -> data = data();
          case HAS_ARRIVAL -> arrived = time();
          default -> skip(DEPTH_MAX);
        }
      }
      return new StoredRecord(sequence, key, data, arrived);
    }

    /** Passes a name; 0 when it is another one. */
    private int field() throws Unknown {
      take('"');
      int field =
          switch (peek()) {
            case 'D' -> passed(DATA, HAS_DATA);
            case 'S' -> passed(SEQUENCE_NUMBER, HAS_SEQUENCE);
            case 'P' -> passed(PARTITION_KEY, HAS_KEY);
            case 'A' -> passed(ARRIVAL, HAS_ARRIVAL);
            case 'E' -> passed(ENCRYPTION, HAS_ENCRYPTION);
            default -> 0;
          };
      if (field == 0) {
        at--;
        passName();
      }
      return field;
    }

    /** Passes this name and its quote if they are next: where it ends need not be sought. */
    private int passed(byte[] name, int field) {
      int end = at + name.length;
      if (end >= to || bytes[end] != '"' || !Arrays.equals(bytes, at, end, name, 0, name.length)) {
        return 0;
      }
      at = end + 1;
      return field;
    }

    private byte @Nullable [] data() throws Unknown {
      if (isNull()) {
        return null;
      }
      ByteBuffer base64 =
          passText()
              ? ByteBuffer.wrap(bytes, textFrom, textTo - textFrom)
              : StandardCharsets.UTF_8.encode(unescaped());
      try {
        ByteBuffer data = Base64.getDecoder().decode(base64);
        byte[] whole = data.array();
        int begin = data.arrayOffset();
        int end = begin + data.limit();
        return begin == 0 && end == whole.length ? whole : Arrays.copyOfRange(whole, begin, end);
      } catch (IllegalArgumentException noBase64) {
        throw new Unknown(at);
      }
    }

    /** Seconds since the epoch, of which parts of milliseconds are left out as the SDK does. */
    private @Nullable Instant time() throws Unknown {
      if (isNull()) {
        return null;
      }
      int begin = at;
      long number = digits(0);
      if (bytes[begin] == '0' && at - begin > 1) {
        throw new Unknown(begin);
      }
      int power = 3;
      if (peek() == '.') {
        int point = at++;
        number = digits(number);
        power -= at - point - 1;
      }
      if ((peek() | 0x20) == 'e') {
        at++;
        int sign = peek();
        at += sign == '-' || sign == '+' ? 1 : 0;
        long exponent = digits(0);
        if (exponent > TIME_EXPONENT_MAX) {
          throw new Unknown(at);
        }
        power += (int) (sign == '-' ? -exponent : exponent);
      }
      if (at - begin > TIME_CHARS_MAX) {
        throw new Unknown(begin);
      }
      return Instant.ofEpochMilli(scaled(number, power));
    }

    private long scaled(long number, int power) throws Unknown {
      long scaled = number;
      for (int i = power; i < 0 && scaled > 0; i++) {
        scaled /= 10;
      }
      for (int i = power; i > 0 && scaled > 0; i--) {
        if (scaled > Long.MAX_VALUE / 10) {
          throw new Unknown(at);
        }
        scaled *= 10;
      }
      return scaled;
    }
  }
}
