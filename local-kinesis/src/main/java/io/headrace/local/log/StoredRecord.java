package io.headrace.local.log;

/**
 * One record as a shard keeps it. Immutable; {@link #data()} gives out the array itself, which
 * nobody writes to.
 */
public final class StoredRecord {
  private final long shardCreatedSeconds;
  // The complement of the index says that the record counts as encrypted: a field of its own would
  // make every record eight bytes larger.
  private final int shardIndexOrComplement;
  private final long order;
  private final long arrivalMillis;
  private final String partitionKey;
  private final byte[] data;

  public StoredRecord(SequenceNumber number, long arrivalMillis, String partitionKey, byte[] data) {
    this(number, arrivalMillis, false, partitionKey, data);
  }

  public StoredRecord(
      SequenceNumber number,
      long arrivalMillis,
      boolean encrypted,
      String partitionKey,
      byte[] data) {
    this.shardCreatedSeconds = number.shardCreatedSeconds();
    this.shardIndexOrComplement = encrypted ? ~number.shardIndex() : number.shardIndex();
    this.order = number.order();
    this.arrivalMillis = arrivalMillis;
    this.partitionKey = partitionKey;
    this.data = data;
  }

  StoredRecord(
      ShardIdentity shard,
      long order,
      long arrivalMillis,
      boolean encrypted,
      String partitionKey,
      byte[] data) {
    this.shardCreatedSeconds = shard.createdSeconds();
    this.shardIndexOrComplement = encrypted ? ~shard.index() : shard.index();
    this.order = order;
    this.arrivalMillis = arrivalMillis;
    this.partitionKey = partitionKey;
    this.data = data;
  }

  public SequenceNumber sequenceNumber() {
    long seconds = Math.max(arrivalMillis / 1000, shardCreatedSeconds);
    int shard = isEncrypted() ? ~shardIndexOrComplement : shardIndexOrComplement;
    return new SequenceNumber(shardCreatedSeconds, shard, order, seconds);
  }

  /** Whether the stream was encrypted when the record came; the bytes here are plain. */
  public boolean isEncrypted() {
    return shardIndexOrComplement < 0;
  }

  public long order() {
    return order;
  }

  public long arrivalMillis() {
    return arrivalMillis;
  }

  public String partitionKey() {
    return partitionKey;
  }

  public byte[] data() {
    return data;
  }

  /** The bytes that count against the service's limits. */
  public int payloadBytes() {
    return data.length + partitionKey.length();
  }

  /** The bytes of heap that a record of this payload would hold in a log, nearly. */
  public static int heapBytes(int payloadBytes) {
    return payloadBytes + RecordChunk.OVERHEAD_BYTES;
  }
}
