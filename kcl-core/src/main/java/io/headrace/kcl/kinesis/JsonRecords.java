package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.RecordForm.ARRIVAL;
import static io.headrace.kcl.kinesis.RecordForm.DATA;
import static io.headrace.kcl.kinesis.RecordForm.DEPTH_MAX;
import static io.headrace.kcl.kinesis.RecordForm.PARTITION_KEY;
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
 * Reads records where they stand in JSON: in events of SubscribeToShard, and in answers of
 * GetRecords to a client that speaks it. Confined to one thread.
 */
abstract class JsonRecords extends JsonBytes {
  private static final byte[] ENCRYPTION = name("EncryptionType");

  /** Of a record that is read: which of its fields have come. */
  private static final int HAS_SEQUENCE = 1;

  private static final int HAS_KEY = 2;
  private static final int HAS_DATA = 4;
  private static final int HAS_ARRIVAL = 8;
  private static final int HAS_ENCRYPTION = 16;

  /** What a time may take, so that it is exact and the SDK would take it as well. */
  private static final int TIME_CHARS_MAX = 20;

  private static final int TIME_EXPONENT_MAX = 30;

  JsonRecords(byte[] bytes, int from, int to) {
    super(bytes, from, to);
  }

  /** A list of records, up to its end. */
  List<StoredRecord> records() throws Unknown {
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
        case HAS_ENCRYPTION -> skipFlat();
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
