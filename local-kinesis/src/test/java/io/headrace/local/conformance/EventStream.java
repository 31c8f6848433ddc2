package io.headrace.local.conformance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The frames of an answer that is an event stream, each checked against both of its sums. */
final class EventStream {
  private static final int PRELUDE_BYTES = 12;
  private static final int SUM_BYTES = 4;
  private static final int TEXT_HEADER = 7;

  private final Call call;
  private byte[] left = {};

  EventStream(Call call) {
    this.call = call;
  }

  /** One frame: its headers, and its payload, which is JSON whatever the request was. */
  record Frame(Map<String, String> headers, byte[] payload) {
    /** The type of the event, or of the exception when it is one. */
    String type() {
      String exception = headers.get(":exception-type");
      return exception != null ? exception : String.valueOf(headers.get(":event-type"));
    }
  }

  /** The next frame, or null at the end of the stream; waits a bounded time. */
  @Nullable Frame next() throws IOException {
    while (left.length < PRELUDE_BYTES || left.length < ByteBuffer.wrap(left).getInt(0)) {
      byte[] more = call.next();
      if (more == null) {
        if (left.length > 0) {
          throw new IOException("the stream ends within a frame");
        }
        return null;
      }
      ByteArrayOutputStream joined = new ByteArrayOutputStream();
      joined.writeBytes(left);
      joined.writeBytes(more);
      left = joined.toByteArray();
    }
    int total = ByteBuffer.wrap(left).getInt(0);
    byte[] frame = Arrays.copyOf(left, total);
    left = Arrays.copyOfRange(left, total, left.length);
    return parse(frame);
  }

  private static Frame parse(byte[] frame) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    int headersLength = bytes.getInt(4);
    requireSum("prelude", frame, PRELUDE_BYTES - SUM_BYTES);
    requireSum("frame", frame, frame.length - SUM_BYTES);
    bytes.position(PRELUDE_BYTES);
    int payload = PRELUDE_BYTES + headersLength;
    Map<String, String> headers = new HashMap<>();
    while (bytes.position() < payload) {
      String name = text(bytes, bytes.get());
      if (bytes.get() != TEXT_HEADER) {
        throw new IOException("header " + name + " is no text");
      }
      headers.put(name, text(bytes, bytes.getShort()));
    }
    return new Frame(headers, Arrays.copyOfRange(frame, payload, frame.length - SUM_BYTES));
  }

  private static String text(ByteBuffer bytes, int length) {
    byte[] text = new byte[length];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private static void requireSum(String what, byte[] frame, int length) throws IOException {
    CRC32 sum = new CRC32();
    sum.update(frame, 0, length);
    if ((int) sum.getValue() != ByteBuffer.wrap(frame).getInt(length)) {
      throw new IOException("the sum of the " + what + " is wrong");
    }
  }
}
