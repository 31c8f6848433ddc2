package io.headrace.local.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * One message of an event stream: its length, the length of its headers and a check of the two, the
 * headers, the payload, and a check of it all.
 */
final class EventFrame {
  static final String CONTENT_TYPE = "application/vnd.amazon.eventstream";

  private static final int PRELUDE_BYTES = 12;
  private static final int CHECK_BYTES = 4;
  private static final byte TEXT = 7;

  private EventFrame() {}

  /** Headers of an event of this type. */
  static byte[] eventHeaders(String type) {
    return headers(":event-type", type, "event");
  }

  /** A whole message without much in it. */
  static byte[] event(String type, byte[] payload) {
    return whole(eventHeaders(type), payload);
  }

  /** The message that ends a stream with an error. */
  static byte[] exception(String type, byte[] payload) {
    return whole(headers(":exception-type", type, "exception"), payload);
  }

  /** What stands before the payload; the check of the message goes on from {@code check}. */
  static byte[] begin(byte[] headers, int payloadBytes, CRC32 check) {
    ByteBuffer bytes = ByteBuffer.allocate(PRELUDE_BYTES + headers.length);
    bytes.putInt(PRELUDE_BYTES + headers.length + payloadBytes + CHECK_BYTES);
    bytes.putInt(headers.length);
    CRC32 prelude = new CRC32();
    prelude.update(bytes.array(), 0, bytes.position());
    bytes.putInt((int) prelude.getValue()).put(headers);
    check.update(bytes.array());
    return bytes.array();
  }

  /** What stands after the payload. */
  static byte[] end(CRC32 check) {
    return ByteBuffer.allocate(CHECK_BYTES).putInt((int) check.getValue()).array();
  }

  private static byte[] whole(byte[] headers, byte[] payload) {
    CRC32 check = new CRC32();
    byte[] begin = begin(headers, payload.length, check);
    check.update(payload);
    return ByteBuffer.allocate(begin.length + payload.length + CHECK_BYTES)
        .put(begin)
        .put(payload)
        .put(end(check))
        .array();
  }

  private static byte[] headers(String typeName, String type, String messageType) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    header(out, typeName, type);
    header(out, ":content-type", Wire.JSON.contentType());
    header(out, ":message-type", messageType);
    return out.toByteArray();
  }

  private static void header(ByteArrayOutputStream out, String name, String value) {
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    byte[] valueBytes = value.getBytes(StandardCharsets.UTF_8);
    out.write(nameBytes.length);
    out.writeBytes(nameBytes);
    out.write(TEXT);
    out.write(valueBytes.length >>> 8);
    out.write(valueBytes.length);
    out.writeBytes(valueBytes);
  }
}
