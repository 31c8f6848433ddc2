package io.headrace.local.transport;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** The few forms of ASN.1's distinguished encoding of which certificates are made. Any thread. */
final class Der {
  private static final int UTF8_STRING = 0x0c;
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final int CONTEXT = 0x80;
  private static final int CONSTRUCTED = 0x20;
  private static final DateTimeFormatter GENERALIZED_TIME =
      DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter UTC_TIME =
      DateTimeFormatter.ofPattern("uuMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  // From here on the standard wants years of four digits, and two before.
  private static final Instant FOUR_DIGITS = Instant.parse("2050-01-01T00:00:00Z");

  private Der() {}

  static byte[] sequence(byte[]... parts) {
    return tagged(SEQUENCE, parts);
  }

  static byte[] set(byte[]... parts) {
    return tagged(SET, parts);
  }

  static byte[] integer(BigInteger value) {
    return tagged(0x02, value.toByteArray());
  }

  static byte[] yes() {
    return tagged(0x01, new byte[] {(byte) 0xff});
  }

  static byte[] bits(int unusedBits, byte[] bits) {
    return tagged(0x03, new byte[] {(byte) unusedBits}, bits);
  }

  static byte[] octets(byte[] bytes) {
    return tagged(0x04, bytes);
  }

  static byte[] nothing() {
    return tagged(0x05);
  }

  /** Text of two bytes a character. */
  static byte[] wideText(byte[] utf16) {
    return tagged(0x1e, utf16);
  }

  static byte[] utf8(String text) {
    return tagged(UTF8_STRING, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] time(Instant time) {
    return time.isBefore(FOUR_DIGITS)
        ? tagged(0x17, UTC_TIME.format(time).getBytes(StandardCharsets.US_ASCII))
        : tagged(0x18, GENERALIZED_TIME.format(time).getBytes(StandardCharsets.US_ASCII));
  }

  /** An object identifier, such as {@code 1.2.840.10045.4.3.2}. */
  static byte[] oid(String dotted) {
    String[] arcs = dotted.split("\\.", -1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(Integer.parseInt(arcs[0]) * 40 + Integer.parseInt(arcs[1]));
    for (int i = 2; i < arcs.length; i++) {
      base128(out, Integer.parseInt(arcs[i]));
    }
    return tagged(0x06, out.toByteArray());
  }

  /** A member of a choice whose content is plain bytes. */
  static byte[] choice(int number, byte[] content) {
    return tagged(CONTEXT | number, content);
  }

  /** A member with a number of its own, around a whole value. */
  static byte[] member(int number, byte[]... values) {
    return tagged(CONTEXT | CONSTRUCTED | number, values);
  }

  private static void base128(ByteArrayOutputStream out, int value) {
    int shift = 28;
    while (shift > 0 && value >>> shift == 0) {
      shift -= 7;
    }
    for (; shift > 0; shift -= 7) {
      out.write(0x80 | ((value >>> shift) & 0x7f));
    }
    out.write(value & 0x7f);
  }

  private static byte[] tagged(int tag, byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 5);
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      byte[] digits = BigInteger.valueOf(length).toByteArray();
      int skipped = digits[0] == 0 ? 1 : 0;
      out.write(0x80 | (digits.length - skipped));
      out.write(digits, skipped, digits.length - skipped);
    }
    for (byte[] part : parts) {
      out.write(part, 0, part.length);
    }
    return out.toByteArray();
  }
}
