package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.RecordForm.ARRIVAL;
import static io.headrace.kcl.kinesis.RecordForm.DATA;
import static io.headrace.kcl.kinesis.RecordForm.DEPTH_MAX;
import static io.headrace.kcl.kinesis.RecordForm.PARTITION_KEY;
import static io.headrace.kcl.kinesis.RecordForm.RECORDS;
import static io.headrace.kcl.kinesis.RecordForm.SEQUENCE_NUMBER;
import static io.headrace.kcl.kinesis.RecordForm.name;

import io.headrace.kcl.kinesis.RecordForm.Unknown;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
  private static final byte[] NULL = name("null");

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

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long QUOTES = ONES * '"';
  private static final long SPACES = ONES * ' ';
  private static final long BACKSLASHES = ONES * '\\';

  /** Takes an event apart; null when it has such a form that it might be taken for another. */
  static @Nullable EventBody read(byte[] bytes, int from, int to) {
    try {
      return new Reading(bytes, from, to).event();
    } catch (Unknown unknown) {
      return null;
    }
  }

  /** Goes through an event once. */
  private static final class Reading {
    private final byte[] bytes;
    private final int to;
    private int at;

    /** The text that was passed last, between its quotes. */
    private int textFrom;

    private int textTo;

    Reading(byte[] bytes, int from, int to) {
      this.bytes = bytes;
      this.at = from;
      this.to = to;
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
        passName();
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

    /** Of the name that was passed; 0 of another one. */
    private int field() {
      if (isText(DATA)) {
        return HAS_DATA;
      }
      if (isText(SEQUENCE_NUMBER)) {
        return HAS_SEQUENCE;
      }
      if (isText(PARTITION_KEY)) {
        return HAS_KEY;
      }
      if (isText(ARRIVAL)) {
        return HAS_ARRIVAL;
      }
      return isText(ENCRYPTION) ? HAS_ENCRYPTION : 0;
    }

    private @Nullable String text() throws Unknown {
      if (isNull()) {
        return null;
      }
      return passText() ? text(textFrom, textTo) : unescaped();
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

    private @Nullable Long integer() throws Unknown {
      if (isNull()) {
        return null;
      }
      boolean isNegative = isNext('-');
      long number = digits(0);
      if (isOfWord(peek())) {
        throw new Unknown(at);
      }
      return isNegative ? -number : number;
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

    /** One digit or more, behind those of this number. */
    private long digits(long before) throws Unknown {
      int begin = at;
      long number = before;
      for (int digit = peek() - '0'; digit >= 0 && digit <= 9; digit = peek() - '0') {
        if (number > Long.MAX_VALUE / 10 - 1) {
          throw new Unknown(at);
        }
        number = number * 10 + digit;
        at++;
      }
      if (at == begin) {
        throw new Unknown(at);
      }
      return number;
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

    /** Passes what is the SDK's to judge. */
    private void skip(int depth) throws Unknown {
      int first = next();
      if (first == '"') {
        boolean unused = passText();
      } else if (first == '{' || first == '[') {
        if (depth == 0) {
          throw new Unknown(at);
        }
        at++;
        int close = first == '{' ? '}' : ']';
        for (boolean more = !isNext(close); more; more = more(close)) {
          if (first == '{') {
            boolean unused = passText();
            take(':');
          }
          skip(depth - 1);
        }
      } else {
        int begin = at;
        while (isOfWord(peek())) {
          at++;
        }
        if (at == begin) {
          throw new Unknown(at);
        }
      }
    }

    private static boolean isOfWord(int c) {
      return (c >= '0' && c <= '9')
          || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
          || c == '-'
          || c == '+'
          || c == '.';
    }

    /** A name that is written otherwise than it is read might be any. */
    private void passName() throws Unknown {
      if (!passText()) {
        throw new Unknown(textFrom);
      }
    }

    private boolean isText(byte[] text) {
      return Arrays.equals(bytes, textFrom, textTo, text, 0, text.length);
    }

    /** Passes a text; answers whether it stands there as it is read. */
    private boolean passText() throws Unknown {
      take('"');
      textFrom = at;
      at = special(at);
      boolean isPlain = peek() == '"';
      while (peek() != '"') {
        at = special(at + 2);
      }
      textTo = at++;
      return isPlain;
    }

    /** Where the next quote or backslash is; the end when there is none. */
    private int special(int from) {
      int i = from;
      for (; i + Long.BYTES <= to; i += Long.BYTES) {
        long eight = (long) LONGS.get(bytes, i);
        long quotes = eight ^ QUOTES;
        long backslashes = eight ^ BACKSLASHES;
        // The high bit of the first byte that is zero, and of none before it.
        long hits = ((quotes - ONES & ~quotes) | (backslashes - ONES & ~backslashes)) & HIGHS;
        if (hits != 0) {
          return i + (Long.numberOfTrailingZeros(hits) >> 3);
        }
      }
      while (i < to && bytes[i] != '"' && bytes[i] != '\\') {
        i++;
      }
      return i;
    }

    private String text(int begin, int end) throws Unknown {
      if (isAscii(begin, end)) {
        return new String(bytes, begin, end - begin, StandardCharsets.ISO_8859_1);
      }
      for (int i = begin; i < end; i++) {
        if (bytes[i] >= 0 && bytes[i] < ' ') {
          throw new Unknown(i);
        }
      }
      var text = new String(bytes, begin, end - begin, StandardCharsets.UTF_8);
      if (text.indexOf('\uFFFD') >= 0) {
        throw new Unknown(begin);
      }
      return text;
    }

    /** Whether there are characters of ASCII only, and none that control something. */
    private boolean isAscii(int begin, int end) {
      int i = begin;
      for (; i + Long.BYTES <= end; i += Long.BYTES) {
        long eight = (long) LONGS.get(bytes, i);
        if (((eight | eight - SPACES) & HIGHS) != 0) {
          return false;
        }
      }
      while (i < end && bytes[i] >= ' ') {
        i++;
      }
      return i == end;
    }

    /** The text that was passed, with what its escapes stand for. */
    private String unescaped() throws Unknown {
      var text = new StringBuilder(textTo - textFrom);
      int i = textFrom;
      while (i < textTo) {
        int run = Math.min(special(i), textTo);
        text.append(text(i, run));
        i = run;
        if (i < textTo) {
          int escape = bytes[i + 1];
          if (escape == 'u') {
            text.append(escapedUnit(i + 2));
            i += 6;
          } else {
            text.append(escaped(escape));
            i += 2;
          }
        }
      }
      return text.toString();
    }

    private char escaped(int escape) throws Unknown {
      return switch (escape) {
        case '"', '\\', '/' -> (char) escape;
        case 'b' -> '\b';
        case 'f' -> '\f';
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 't' -> '\t';
        default -> throw new Unknown(at);
      };
    }

    private char escapedUnit(int begin) throws Unknown {
      int unit = 0;
      for (int i = begin; i < begin + 4; i++) {
        int digit = i < textTo ? Character.digit(bytes[i], 16) : -1;
        if (digit < 0) {
          throw new Unknown(i);
        }
        unit = unit << 4 | digit;
      }
      return (char) unit;
    }

    private boolean isNull() throws Unknown {
      if (next() != 'n') {
        return false;
      }
      if (to - at < NULL.length
          || !Arrays.equals(bytes, at, at + NULL.length, NULL, 0, NULL.length)) {
        throw new Unknown(at);
      }
      at += NULL.length;
      return true;
    }

    private void take(int c) throws Unknown {
      if (next() != c) {
        throw new Unknown(at);
      }
      at++;
    }

    private boolean isNext(int c) throws Unknown {
      boolean isNext = next() == c;
      at += isNext ? 1 : 0;
      return isNext;
    }

    /** Whether another element follows, before what closes them all. */
    private boolean more(int close) throws Unknown {
      if (isNext(',')) {
        return true;
      }
      take(close);
      return false;
    }

    /** What comes behind white space. */
    private int next() throws Unknown {
      int c = peek();
      while (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
        at++;
        c = peek();
      }
      return c;
    }

    private int peek() throws Unknown {
      if (at >= to) {
        throw new Unknown(at);
      }
      return bytes[at];
    }
  }
}
