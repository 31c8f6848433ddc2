package io.headrace.acceptance.kcl;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.kpl.Messages;

/**
 * Aggregates made of the library's own classes: its protobuf messages, between its magic bytes and
 * the MD5 of the message.
 */
final class PackedByTheKcl {
  private PackedByTheKcl() {}

  static byte[] pack(List<UserRecord> records) {
    return sealed(message(records).toByteArray());
  }

  /** The library's message of these records. */
  static Messages.AggregatedRecord message(List<UserRecord> records) {
    var message = Messages.AggregatedRecord.newBuilder();
    for (var record : records) {
      var packed =
          Messages.Record.newBuilder()
              .setPartitionKeyIndex(keyIndex(message, record.key()))
              .setData(ByteString.copyFrom(record.data()));
      record
          .hashKey()
          .ifPresent(hash -> packed.setExplicitHashKeyIndex(hashKeyIndex(message, hash)));
      record
          .tags()
          .forEach(
              (name, value) ->
                  packed.addTags(Messages.Tag.newBuilder().setKey(name).setValue(value)));
      message.addRecords(packed);
    }
    return message.build();
  }

  private static byte[] sealed(byte[] message) {
    var all = new ByteArrayOutputStream();
    all.writeBytes(AggregatorUtil.AGGREGATED_RECORD_MAGIC);
    all.writeBytes(message);
    try {
      all.writeBytes(MessageDigest.getInstance("MD5").digest(message));
    } catch (NoSuchAlgorithmException absent) {
      throw new AssertionError("every JDK has MD5", absent);
    }
    return all.toByteArray();
  }

  private static int keyIndex(Messages.AggregatedRecord.Builder message, String key) {
    int known = message.getPartitionKeyTableList().indexOf(key);
    if (known >= 0) {
      return known;
    }
    message.addPartitionKeyTable(key);
    return message.getPartitionKeyTableCount() - 1;
  }

  private static int hashKeyIndex(Messages.AggregatedRecord.Builder message, String hashKey) {
    int known = message.getExplicitHashKeyTableList().indexOf(hashKey);
    if (known >= 0) {
      return known;
    }
    message.addExplicitHashKeyTable(hashKey);
    return message.getExplicitHashKeyTableCount() - 1;
  }
}
