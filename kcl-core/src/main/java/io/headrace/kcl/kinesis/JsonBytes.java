package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.RecordForm.name;
import static io.headrace.kcl.kinesis.RecordForm.utf8;

import io.headrace.kcl.kinesis.RecordForm.Unknown;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the bytes of a JSON text once, token by token. It knows the forms that are read the
 * same by all: whatever else comes is {@link Unknown}. Confined to one thread.
 */
abstract class JsonBytes {
  private static final byte[] NULL = name("null");
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long QUOTES = ONES * '"';
  private static final long SPACES = ONES * ' ';
  private static final long BACKSLASHES = ONES * '\\';

  final byte[] bytes;
  final int to;
  int at;

  /** The text that was passed last, between its quotes. */
  int textFrom;

  int textTo;

  JsonBytes(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.to = to;
  }

  /** A text, with what its escapes stand for, or null. */
  @Nullable String text() throws Unknown {
    if (isNull()) {
      return null;
    }
    return passText() ? text(textFrom, textTo) : unescaped();
  }

  /** A number without fraction and exponent, or null. */
  @Nullable Long integer() throws Unknown {
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

  /** One digit or more, behind those of this number. */
  long digits(long before) throws Unknown {
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

  /**
   * Passes the value of a field that the SDK reads as one word or text: where it meets a list or an
   * object there, it loses its place and takes what follows for something else.
   */
  void skipFlat() throws Unknown {
    skip(0);
  }

  /** Passes any value. */
  void skip(int depth) throws Unknown {
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

  /**
   * A name that is written otherwise than it is read might be any: one with escapes, or with more
   * bytes for a letter than it takes, which the SDK reads as well.
   */
  void passName() throws Unknown {
    if (!passText()) {
      throw new Unknown(textFrom);
    }
    if (!isAscii(textFrom, textTo)) {
      String unused = text(textFrom, textTo);
    }
  }

  /** Passes a name up to its value; answers which of these it is, -1 where it is another one. */
  int passName(byte[][] names) throws Unknown {
    passName();
    int which = names.length - 1;
    while (which >= 0 && !isText(names[which])) {
      which--;
    }
    take(':');
    return which;
  }

  boolean isText(byte[] text) {
    return Arrays.equals(bytes, textFrom, textTo, text, 0, text.length);
  }

  /** Passes a text; answers whether it stands there as it is read. */
  boolean passText() throws Unknown {
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
    int i = mayBeSpecial(from);
    for (; i + Long.BYTES <= to; i = mayBeSpecial(i + Long.BYTES)) {
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

  /**
   * Where eight bytes begin of which one is special or no ASCII; behind the last eight when there
   * are none. Most of an event is passed here, with half of what it takes to tell which it is.
   */
  private int mayBeSpecial(int from) {
    int end = to - Long.BYTES + 1;
    int i = from;
    for (; i < end; i += Long.BYTES) {
      long eight = (long) LONGS.get(bytes, i);
      if ((((eight ^ QUOTES) - ONES | (eight ^ BACKSLASHES) - ONES) & HIGHS) != 0) {
        return i;
      }
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
    return utf8(bytes, begin, end);
  }

  /** Whether there are characters of ASCII only, and none that control something. */
  boolean isAscii(int begin, int end) {
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
  String unescaped() throws Unknown {
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

  boolean isNull() throws Unknown {
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

  void take(int c) throws Unknown {
    if (next() != c) {
      throw new Unknown(at);
    }
    at++;
  }

  boolean isNext(int c) throws Unknown {
    boolean isNext = next() == c;
    at += isNext ? 1 : 0;
    return isNext;
  }

  /** Whether another element follows, before what closes them all. */
  boolean more(int close) throws Unknown {
    if (isNext(',')) {
      return true;
    }
    take(close);
    return false;
  }

  /** What comes behind white space. */
  int next() throws Unknown {
    int c = peek();
    while (c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
      at++;
      c = peek();
    }
    return c;
  }

  int peek() throws Unknown {
    if (at >= to) {
      throw new Unknown(at);
    }
    return bytes[at];
  }
}
