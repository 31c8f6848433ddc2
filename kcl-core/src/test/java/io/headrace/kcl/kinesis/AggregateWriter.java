package io.headrace.kcl.kinesis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Packs records as the Kinesis Producer Library does: the other side of {@link Aggregate}. */
final class AggregateWriter {
  private final List<String> keys = new ArrayList<>();
  private final List<String> hashKeys = new ArrayList<>();
  private final ByteArrayOutputStream records = new ByteArrayOutputStream();

  AggregateWriter add(String key, byte[] data) {
    return add(key, null, data, Map.of());
  }

  AggregateWriter add(String key, String hashKey, byte[] data, Map<String, String> tags) {
    var record = new ByteArrayOutputStream();
    number(record, 1, indexOf(keys, key));
    if (hashKey != null) {
      number(record, 2, indexOf(hashKeys, hashKey));
    }
    bytes(record, 3, data);
    tags.forEach(
        (name, value) -> {
          var tag = new ByteArrayOutputStream();
          bytes(tag, 1, name.getBytes(StandardCharsets.UTF_8));
          bytes(tag, 2, value.getBytes(StandardCharsets.UTF_8));
          bytes(record, 4, tag.toByteArray());
        });
    return addRaw(3, record.toByteArray());
  }

  /** Any field, for what a later version or a broken producer would write. */
  AggregateWriter addRaw(int field, byte[] content) {
    bytes(records, field, content);
    return this;
  }

  byte[] bytes() {
    var message = new ByteArrayOutputStream();
    keys.forEach(key -> bytes(message, 1, key.getBytes(StandardCharsets.UTF_8)));
    hashKeys.forEach(key -> bytes(message, 2, key.getBytes(StandardCharsets.UTF_8)));
    message.writeBytes(records.toByteArray());
    return sealed(message.toByteArray());
  }

  /** Magic and digest around a message that need not be one. */
  static byte[] sealed(byte[] message) {
    var all = new ByteArrayOutputStream();
    all.writeBytes(new byte[] {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2});
    all.writeBytes(message);
    try {
      all.writeBytes(MessageDigest.getInstance("MD5").digest(message));
    } catch (NoSuchAlgorithmException absent) {
      throw new AssertionError(absent);
    }
    return all.toByteArray();
  }

  private static int indexOf(List<String> table, String text) {
    if (!table.contains(text)) {
      table.add(text);
    }
    return table.indexOf(text);
  }

  private static void number(ByteArrayOutputStream out, int field, long value) {
    varint(out, (long) field << 3);
    varint(out, value);
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] content) {
    varint(out, ((long) field << 3) | 2);
    varint(out, content.length);
    out.writeBytes(content);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
