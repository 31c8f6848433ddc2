package io.headrace.bench.chaos;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A record as it was before somebody packed it in the format of the Kinesis Producer Library: the
 * little of it that the judge needs, read here once more, so that he relies on no reader of
 * Headrace's.
 *
 * @param tags what lies beside the payload, by name
 */
record PackedRecord(Map<String, String> tags, byte[] data) {
  private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
  private static final int DIGEST_BYTES = 16;

  /** Fields of the message and of what lies in it. */
  private static final int RECORD = 3;

  private static final int DATA = 3;
  private static final int TAG = 4;
  private static final int TAG_NAME = 1;
  private static final int TAG_VALUE = 2;

  /** How a field is written. */
  private static final int NUMBER = 0;

  private static final int BYTES = 2;

  /**
   * Unpacks a record of a stream.
   *
   * @throws IllegalArgumentException when it is not packed, or damaged
   */
  static List<PackedRecord> in(byte[] bytes) {
    ByteBuffer packed = ByteBuffer.wrap(bytes);
    for (byte magic : MAGIC) {
      if (!packed.hasRemaining() || packed.get() != magic) {
        throw new IllegalArgumentException("an output of " + bytes.length + " bytes is not packed");
      }
    }
    packed.limit(bytes.length - DIGEST_BYTES);
    List<PackedRecord> records = new ArrayList<>();
    fields(
        packed,
        (field, content) -> {
          if (field == RECORD) {
            records.add(record(content));
          }
        });
    return records;
  }

  private static PackedRecord record(ByteBuffer packed) {
    Map<String, String> tags = new HashMap<>();
    List<byte[]> data = new ArrayList<>();
    fields(
        packed,
        (field, content) -> {
          if (field == DATA) {
            data.add(bytes(content));
          } else if (field == TAG) {
            Map<Integer, String> tag = new HashMap<>();
            fields(
                content,
                (part, text) -> tag.put(part, new String(bytes(text), StandardCharsets.UTF_8)));
            tags.put(tag.getOrDefault(TAG_NAME, ""), tag.getOrDefault(TAG_VALUE, ""));
          }
        });
    return new PackedRecord(Map.copyOf(tags), data.isEmpty() ? new byte[0] : data.get(0));
  }

  /** Is given each field that holds bytes. */
  private interface Field {
    void has(int number, ByteBuffer content);
  }

  private static void fields(ByteBuffer message, Field each) {
    while (message.hasRemaining()) {
      int header = varint(message);
      int type = header & 7;
      int value = varint(message);
      if (type == BYTES) {
        ByteBuffer content = message.slice(message.position(), value);
        message.position(message.position() + value);
        each.has(header >>> 3, content);
      } else if (type != NUMBER) {
        throw new IllegalArgumentException("a packed output has a field of type " + type);
      }
    }
  }

  private static int varint(ByteBuffer in) {
    int value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  private static byte[] bytes(ByteBuffer content) {
    byte[] bytes = new byte[content.remaining()];
    content.get(bytes);
    return bytes;
  }
}
