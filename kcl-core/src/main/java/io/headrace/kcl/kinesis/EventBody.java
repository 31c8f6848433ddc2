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

/**
 * The JSON of an event of SubscribeToShard: its records, where their list stands, without which the
 * event is the SDK's to read, and what tells the event from others, as the SDK will read it, too.
 * Pure. As with {@link RecordsBody}, only the forms that Kinesis writes are known here; whatever
 * else comes is not taken apart, and the SDK judges it.
 *
 * <p>The SDK's own reading makes strings of Base64, numbers of any length for times, and copies of
 * all: it was half of what fan-out took.
 *
 * @param continuation where reading goes on behind the event
 * @param millisBehind how late the event is
 * @param records none where there are none, or one of them has another form than is known
 * @param begin where the list of records begins in the bytes that were read
 * @param end behind it
 */
record EventBody(
    @Nullable String continuation,
    @Nullable Long millisBehind,
    List<StoredRecord> records,
    int begin,
    int end) {
  private static final byte[] CONTINUATION = name("ContinuationSequenceNumber");
  private static final byte[] MILLIS_BEHIND = name("MillisBehindLatest");
  private static final byte[] ENCRYPTION = name("EncryptionType");

  /** Of an event that is read: which of its fields have come. */
  private static final int HAS_RECORDS = 1;

  private static final int HAS_CONTINUATION = 2;
  private static final int HAS_MILLIS = 4;

  /** Of a record that is read: which of its fields have come. */
  private static final int HAS_SEQUENCE = 1;

  private static final int HAS_KEY = 2;
  private static final int HAS_DATA = 4;
  private static final int HAS_ARRIVAL = 8;
  private static final int HAS_ENCRYPTION = 16;

  /** What a time may take, so that it is exact and the SDK would take it as well. */
  private static final int TIME_CHARS_MAX = 20;

  private static final int TIME_EXPONENT_MAX = 30;

  /** Takes an event apart; null when it has such a form that it might be taken for another. */
  static @Nullable EventBody read(byte[] bytes, int from, int to) {
    try {
      return new Reading(bytes, from, to).event();
    } catch (Unknown unknown) {
      return null;
    }
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
      int begin = at;
      int end = at;
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
          case HAS_RECORDS -> {
            begin = at;
            records = recordsOrNone();
            end = at;
          }
          default -> skip(DEPTH_MAX);
        }
      }
      return new EventBody(continuation, millisBehind, records, begin, end);
    }

    /** Of the name that was passed; 0 of another one. */
    private int fieldOfEvent() {
      if (isText(RECORDS)) {
        return HAS_RECORDS;
      }
      if (isText(CONTINUATION)) {
        return HAS_CONTINUATION;
      }
      return isText(MILLIS_BEHIND) ? HAS_MILLIS : 0;
    }

    private List<StoredRecord> recordsOrNone() throws Unknown {
      int begin = at;
      try {
        return records();
      } catch (Unknown unknown) {
        at = begin;
        skip(DEPTH_MAX);
        return List.of();
      }
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
        boolean isTwice = (fields & field) != 0;
        if (isTwice || (field == 0 && !isAscii(textFrom, textTo))) {
          throw new Unknown(at);
        }
        fields |= field;
        take(':');
        switch (field) {
          case HAS_SEQUENCE -> sequence = text();
          case HAS_KEY -> key = text();
          case HAS_DATA -> data = data();
          case HAS_ARRIVAL -> arrived = time();
          default -> passSimple();
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

    /** The value of a field that a later version of the service may add to records. */
    private void passSimple() throws Unknown {
      if (next() == '"') {
        Object unused = text();
      } else {
        Object unused = time();
      }
    }
  }
}
