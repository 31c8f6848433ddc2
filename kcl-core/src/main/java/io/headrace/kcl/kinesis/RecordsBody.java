package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.RecordForm.ARRIVAL;
import static io.headrace.kcl.kinesis.RecordForm.DATA;
import static io.headrace.kcl.kinesis.RecordForm.DEPTH_MAX;
import static io.headrace.kcl.kinesis.RecordForm.PARTITION_KEY;
import static io.headrace.kcl.kinesis.RecordForm.RECORDS;
import static io.headrace.kcl.kinesis.RecordForm.SEQUENCE_NUMBER;
import static io.headrace.kcl.kinesis.RecordForm.name;
import static io.headrace.kcl.kinesis.RecordForm.utf8;

import io.headrace.kcl.kinesis.RecordForm.Unknown;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An answer of GetRecords, taken apart: its records, and the answer without them, which is the
 * SDK's to read. Pure. Only the forms that Kinesis writes are known here; whatever else comes is
 * not taken apart, and the SDK judges it. A value of a record that nobody reads is passed over as
 * soon as its end is known: for one that is broken in itself the SDK refuses the whole answer.
 *
 * <p>The SDK's own reading goes through tokens and builders field by field, and allocates ten times
 * what a record holds: it was a third of what polling took.
 *
 * @param rest the same answer, with an empty list of records
 */
record RecordsBody(List<StoredRecord> records, byte[] rest) {
  private static final int UNSIGNED = 0;
  private static final int NEGATIVE = 1;
  private static final int BYTES = 2;
  private static final int TEXT = 3;
  private static final int ARRAY = 4;
  private static final int MAP = 5;
  private static final int TAG = 6;
  private static final int SIMPLE = 7;

  private static final int NULL = 0xF6;
  private static final int BREAK = 0xFF;

  /** A list of nothing, as each form writes it. */
  private static final byte[] EMPTY_IN_CBOR = {(byte) (ARRAY << 5)};

  private static final byte[] EMPTY_IN_JSON = {'[', ']'};

  /** In the low bits of a head: the length follows in so many bytes, or is not told. */
  private static final int LENGTH_IN_1 = 24;

  private static final int LENGTH_IN_8 = 27;
  private static final int WITHOUT_LENGTH = 31;

  /** Takes an answer apart; null when it has no records, or another form than is known. */
  static @Nullable RecordsBody ofCbor(byte[] body) {
    try {
      return new Cbor(body).answer();
    } catch (Unknown unknown) {
      return null;
    }
  }

  /** The same of an answer in JSON, which other servers give, and Kinesis to who asks in JSON. */
  static @Nullable RecordsBody ofJson(byte[] body) {
    try {
      return new Json(body).answer();
    } catch (Unknown unknown) {
      return null;
    }
  }

  /** The answer without its list of records, which lies between these places. */
  private static byte[] without(byte[] body, int begin, int end, byte[] empty) {
    byte[] rest = Arrays.copyOf(body, begin + empty.length + body.length - end);
    System.arraycopy(empty, 0, rest, begin, empty.length);
    System.arraycopy(body, end, rest, begin + empty.length, body.length - end);
    return rest;
  }

  /** Goes through a body in JSON once. */
  private static final class Json extends JsonRecords {
    private static final byte[][] OF_ANSWER = {
      RECORDS, name("NextShardIterator"), name("MillisBehindLatest")
    };

    Json(byte[] body) {
      super(body, 0, body.length);
    }

    @Nullable RecordsBody answer() throws Unknown {
      List<StoredRecord> records = List.of();
      int begin = 0;
      int end = 0;
      take('{');
      for (boolean more = !isNext('}'); more; more = more('}')) {
        switch (passName(OF_ANSWER)) {
          case 0 -> {
            if (begin > 0) {
              throw new Unknown(at);
            }
            int unused = next();
            begin = at;
            records = records();
            end = at;
          }
          case 1, 2 -> skipFlat();
          default -> skip(DEPTH_MAX);
        }
      }
      return records.isEmpty()
          ? null
          : new RecordsBody(records, without(bytes, begin, end, EMPTY_IN_JSON));
    }
  }

  /** Goes through a body in CBOR once. */
  private static final class Cbor {
    private final byte[] body;
    private int at;

    Cbor(byte[] body) {
      this.body = body;
    }

    @Nullable RecordsBody answer() throws Unknown {
      List<StoredRecord> records = null;
      int begin = 0;
      int end = 0;
      long fields = open(MAP);
      for (long i = 0; more(i, fields); i++) {
        if (!isNext(RECORDS)) {
          skipField();
        } else if (records != null) {
          throw new Unknown(at);
        } else {
          begin = at;
          records = records();
          end = at;
        }
      }
      if (at != body.length) {
        throw new Unknown(at);
      }
      return records == null || records.isEmpty()
          ? null
          : new RecordsBody(records, without(body, begin, end, EMPTY_IN_CBOR));
    }

    private List<StoredRecord> records() throws Unknown {
      List<StoredRecord> records = new ArrayList<>();
      long size = open(ARRAY);
      for (long i = 0; more(i, size); i++) {
        records.add(stored());
      }
      return records;
    }

    private StoredRecord stored() throws Unknown {
      String sequence = null;
      String key = null;
      byte[] data = null;
      Instant arrived = null;
      long fields = open(MAP);
      for (long i = 0; more(i, fields); i++) {
        if (isNext(SEQUENCE_NUMBER)) {
          sequence = text();
        } else if (isNext(PARTITION_KEY)) {
          key = text();
        } else if (isNext(DATA)) {
          data = bytes();
        } else if (isNext(ARRIVAL)) {
          arrived = time();
        } else {
          skipField();
        }
      }
      return new StoredRecord(sequence, key, data, arrived);
    }

    /** Whether the next text is this name, which is then passed; else the text is still next. */
    private boolean isNext(byte[] name) throws Unknown {
      int start = at;
      int length = length(TEXT);
      if (Arrays.equals(body, at, at + length, name, 0, name.length)) {
        at += length;
        return true;
      }
      at = start;
      return false;
    }

    private @Nullable String text() throws Unknown {
      if (isNull()) {
        return null;
      }
      int length = length(TEXT);
      var text = utf8(body, at, at + length);
      at += length;
      return text;
    }

    private byte @Nullable [] bytes() throws Unknown {
      if (isNull()) {
        return null;
      }
      int length = length(BYTES);
      byte[] bytes = Arrays.copyOfRange(body, at, at + length);
      at += length;
      return bytes;
    }

    /** Milliseconds, with or without a tag before them. */
    private @Nullable Instant time() throws Unknown {
      if (isNull()) {
        return null;
      }
      if (peek() >> 5 == TAG) {
        argument(TAG);
      }
      return Instant.ofEpochMilli(argument(UNSIGNED));
    }

    private boolean isNull() throws Unknown {
      if (peek() == NULL) {
        at++;
        return true;
      }
      return false;
    }

    /**
     * Passes a field of another name. In more bytes than it takes, one of these would be another.
     */
    private void skipField() throws Unknown {
      int length = length(TEXT);
      int end = at + length;
      while (at < end && body[at] >= 0) {
        at++;
      }
      if (at < end) {
        String unused = utf8(body, end - length, end);
        at = end;
      }
      skipOne(DEPTH_MAX);
    }

    private void skipOne(int depth) throws Unknown {
      if (depth == 0) {
        throw new Unknown(at);
      }
      int kind = peek() >> 5;
      switch (kind) {
        case UNSIGNED, NEGATIVE, SIMPLE -> argument(kind);
        case BYTES, TEXT -> {
          int length = length(kind);
          at += length;
        }
        case ARRAY, MAP -> {
          long size = open(kind);
          for (long i = 0; more(i, size); i++) {
            skipOne(depth - 1);
            if (kind == MAP) {
              skipOne(depth - 1);
            }
          }
        }
        case TAG -> {
          argument(TAG);
          skipOne(depth - 1);
        }
        default -> throw new Unknown(at);
      }
    }

    /** Enters an array or a map; answers its size, or {@link Long#MAX_VALUE} up to a break. */
    private long open(int kind) throws Unknown {
      if (peek() == (kind << 5 | WITHOUT_LENGTH)) {
        at++;
        return Long.MAX_VALUE;
      }
      return argument(kind);
    }

    private boolean more(long passed, long size) throws Unknown {
      if (size == Long.MAX_VALUE && peek() == BREAK) {
        at++;
        return false;
      }
      return passed < size;
    }

    /** Of bytes or a text that lies here in one piece. */
    private int length(int kind) throws Unknown {
      long length = argument(kind);
      if (length > body.length - at) {
        throw new Unknown(at);
      }
      return (int) length;
    }

    /** The number in a head of this kind, which is not below zero; of what is simple, its bits. */
    private long argument(int kind) throws Unknown {
      int head = peek();
      int low = head & 0x1F;
      if (head >> 5 != kind || low > LENGTH_IN_8) {
        throw new Unknown(at);
      }
      at++;
      if (low < LENGTH_IN_1) {
        return low;
      }
      int bytes = 1 << (low - LENGTH_IN_1);
      if (bytes > body.length - at) {
        throw new Unknown(at);
      }
      long value = 0;
      for (int i = 0; i < bytes; i++) {
        value = value << 8 | (body[at++] & 0xFF);
      }
      if (value < 0 && kind != SIMPLE) {
        throw new Unknown(at);
      }
      return value;
    }

    private int peek() throws Unknown {
      if (at >= body.length) {
        throw new Unknown(at);
      }
      return body[at] & 0xFF;
    }
  }
}
