package io.headrace.local.engine;

/**
 * What one shard takes and gives in a second. The stream's monitor guards every call.
 *
 * <p>Records of more than a mebibyte are above what a shard takes in a second: the service lets
 * them through from a reserve of ten, which fills with what the shard's writers leave unused.
 */
final class ShardLimits {
  private static final double WRITE_BYTES = 1 << 20;
  private static final double WRITE_RECORDS = 1000;
  private static final double RESERVE_SECONDS = 10;
  private static final double READ_BYTES = 2 << 20;
  private static final double READ_CALLS = 5;
  private static final double ITERATORS = 5;

  private final RateLimit writeBytes;
  private final RateLimit writeRecords;
  private final RateLimit reserve;
  private final RateLimit readBytes;
  private final RateLimit readCalls;
  private final RateLimit iterators;

  ShardLimits(LimitScale scale) {
    double writeRate = WRITE_BYTES * scale.factor();
    this.writeBytes = scale.perSecond(WRITE_BYTES);
    this.writeRecords = scale.perSecond(WRITE_RECORDS);
    this.reserve = new RateLimit(writeRate, writeRate * RESERVE_SECONDS);
    this.readBytes = scale.perSecond(READ_BYTES);
    this.readCalls = scale.perSecond(READ_CALLS);
    this.iterators = scale.perSecond(ITERATORS);
  }

  /** Whether a record of this size, its key included, may be written now; then it counts. */
  boolean takeWrite(int bytes, long nowMillis) {
    boolean isLarge = bytes > WRITE_BYTES;
    boolean fits = (isLarge ? reserve : writeBytes).has(bytes, nowMillis);
    if (!fits || !writeRecords.take(1, nowMillis)) {
      return false;
    }
    if (isLarge) {
      writeBytes.drain(nowMillis);
      return reserve.take(bytes, nowMillis);
    }
    reserve.charge(bytes, nowMillis);
    return writeBytes.take(bytes, nowMillis);
  }

  /** Whether the shard may be read now; then the call counts, and its bytes as soon as known. */
  boolean takeRead(long nowMillis) {
    return readBytes.isOpen(nowMillis) && readCalls.take(1, nowMillis);
  }

  void countRead(long bytes, long nowMillis) {
    readBytes.charge(bytes, nowMillis);
  }

  boolean takeIterator(long nowMillis) {
    return iterators.take(1, nowMillis);
  }
}
