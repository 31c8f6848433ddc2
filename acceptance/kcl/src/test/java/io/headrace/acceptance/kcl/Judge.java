package io.headrace.acceptance.kcl;

import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** Is told what the library does. Its threads call, one at a time for a shard. */
interface Judge {
  void starts(String shard);

  void delivered(String shard, KinesisClientRecord record);

  void ends(String shard);

  /** Something that must not happen. */
  void fault(String what);

  /** The record's bytes; its buffer stays as it is. */
  static byte[] bytes(KinesisClientRecord record) {
    var data = new byte[record.data().remaining()];
    record.data().duplicate().get(data);
    return data;
  }
}
