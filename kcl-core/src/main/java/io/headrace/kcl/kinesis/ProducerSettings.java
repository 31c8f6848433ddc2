package io.headrace.kcl.kinesis;

import java.time.Duration;
import java.util.Objects;

/**
 * How a {@link HeadraceProducer} works. Immutable; begin with {@link #DEFAULT}.
 *
 * @param aggregation whether several records travel as one
 * @param inOrder whether records of a key are stored in the order in which they were put. Then one
 *     record of a key is under way at a time, or one aggregate, in which all that wait ride; and
 *     when a record fails, those of its key behind it fail too
 * @param linger how long a record waits for others to travel with; zero sends at once and collects
 *     only what comes while calls are under way
 * @param timeToLive how long after its put a record is still sent; what is under way then is waited
 *     for, at most ten seconds more
 * @param shardShare the share of a shard's write limit that is used, 1 MiB and 1,000 records a
 *     second being 1.0; zero is no limit, and then the service's refusals are the pace
 * @param outstandingBytesMax how much may be put and not yet stored, keys and headers included
 * @param callsMax how many PutRecords are under way at once
 * @param recordsPerCallMax 1 to 500, which is what PutRecords takes
 * @param aggregateBytesMax the size of an aggregate beyond which it takes no further record; at
 *     most 1 MiB, which every stream takes. Kinesis bills in units of 25 KB
 */
public record ProducerSettings(
    Aggregation aggregation,
    boolean inOrder,
    Duration linger,
    Duration timeToLive,
    double shardShare,
    long outstandingBytesMax,
    int callsMax,
    int recordsPerCallMax,
    int aggregateBytesMax) {

  /** Whether several user records travel as one record of the stream. */
  public enum Aggregation {
    /** One record of the stream for each entry; any reader reads it. */
    NONE,
    /** Entries of one key; they keep their order. Needs no list of shards. */
    BY_KEY,
    /** Entries whose keys lie in one shard, as the Kinesis Producer Library does. */
    BY_SHARD
  }

  /** What PutRecords takes at most. */
  static final int RECORDS_PER_CALL_LIMIT = 500;

  /** As the Kinesis Producer Library: two units of billing. */
  private static final int AGGREGATE_BYTES_DEFAULT = 50 * 1024;

  private static final Duration LIFE_LONGEST = Duration.ofDays(7);
  private static final Duration LINGER_LONGEST = Duration.ofMinutes(1);

  /**
   * No aggregates, no order, 5 ms of linger, 30 s to live, a shard's whole limit, 20 MiB
   * outstanding, 4 calls of 500 records.
   */
  public static final ProducerSettings DEFAULT =
      new ProducerSettings(
          Aggregation.NONE,
          false,
          Duration.ofMillis(5),
          Duration.ofSeconds(30),
          1.0,
          20L * 1024 * 1024,
          4,
          RECORDS_PER_CALL_LIMIT,
          AGGREGATE_BYTES_DEFAULT);

  public ProducerSettings {
    Objects.requireNonNull(aggregation, "aggregation");
    check(
        !linger.isNegative() && linger.compareTo(LINGER_LONGEST) <= 0,
        "linger",
        linger,
        "must be from zero to a minute");
    check(
        !timeToLive.isNegative() && !timeToLive.isZero() && timeToLive.compareTo(LIFE_LONGEST) <= 0,
        "timeToLive",
        timeToLive,
        "must be above zero and at most a week");
    check(
        shardShare >= 0 && shardShare <= 1000, "shardShare", shardShare, "must be from 0 to 1000");
    check(outstandingBytesMax > 0, "outstandingBytesMax", outstandingBytesMax, "must be positive");
    check(callsMax >= 1 && callsMax <= 1000, "callsMax", callsMax, "must be from 1 to 1000");
    check(
        recordsPerCallMax >= 1 && recordsPerCallMax <= RECORDS_PER_CALL_LIMIT,
        "recordsPerCallMax",
        recordsPerCallMax,
        "must be from 1 to " + RECORDS_PER_CALL_LIMIT);
    check(
        aggregateBytesMax >= 1 && aggregateBytesMax <= ProducerMachine.COMMON_RECORD_BYTES_MAX,
        "aggregateBytesMax",
        aggregateBytesMax,
        "must be from 1 to " + ProducerMachine.COMMON_RECORD_BYTES_MAX);
  }

  private static void check(boolean right, String field, Object value, String rule) {
    if (!right) {
      throw new IllegalArgumentException("producer settings: " + field + " " + value + " " + rule);
    }
  }

  public ProducerSettings aggregating(Aggregation how) {
    return new ProducerSettings(
        how,
        inOrder,
        linger,
        timeToLive,
        shardShare,
        outstandingBytesMax,
        callsMax,
        recordsPerCallMax,
        aggregateBytesMax);
  }

  public ProducerSettings aggregatesOf(int bytesMax) {
    return new ProducerSettings(
        aggregation,
        inOrder,
        linger,
        timeToLive,
        shardShare,
        outstandingBytesMax,
        callsMax,
        recordsPerCallMax,
        bytesMax);
  }

  /** Keeps the records of each key in order. */
  public ProducerSettings ordered() {
    return new ProducerSettings(
        aggregation,
        true,
        linger,
        timeToLive,
        shardShare,
        outstandingBytesMax,
        callsMax,
        recordsPerCallMax,
        aggregateBytesMax);
  }

  public ProducerSettings lingering(Duration atMost) {
    return new ProducerSettings(
        aggregation,
        inOrder,
        atMost,
        timeToLive,
        shardShare,
        outstandingBytesMax,
        callsMax,
        recordsPerCallMax,
        aggregateBytesMax);
  }

  public ProducerSettings livingFor(Duration time) {
    return new ProducerSettings(
        aggregation,
        inOrder,
        linger,
        time,
        shardShare,
        outstandingBytesMax,
        callsMax,
        recordsPerCallMax,
        aggregateBytesMax);
  }

  /** Uses this share of each shard's limit; other writers need the rest. */
  public ProducerSettings usingOfEachShard(double share) {
    return new ProducerSettings(
        aggregation,
        inOrder,
        linger,
        timeToLive,
        share,
        outstandingBytesMax,
        callsMax,
        recordsPerCallMax,
        aggregateBytesMax);
  }

  /** Sends as fast as the service takes it. */
  public ProducerSettings withoutRateLimit() {
    return usingOfEachShard(0);
  }

  public ProducerSettings holding(long outstandingBytes) {
    return new ProducerSettings(
        aggregation,
        inOrder,
        linger,
        timeToLive,
        shardShare,
        outstandingBytes,
        callsMax,
        recordsPerCallMax,
        aggregateBytesMax);
  }

  public ProducerSettings calling(int calls, int recordsPerCall) {
    return new ProducerSettings(
        aggregation,
        inOrder,
        linger,
        timeToLive,
        shardShare,
        outstandingBytesMax,
        calls,
        recordsPerCall,
        aggregateBytesMax);
  }

  /** Records of a key have a lane: one of them, or one aggregate, is under way at a time. */
  boolean hasLanes() {
    return inOrder || aggregation == Aggregation.BY_KEY;
  }

  /** Only who counts or packs by shard has to know the shards. */
  boolean needsShards() {
    return shardShare > 0 || aggregation == Aggregation.BY_SHARD;
  }
}
