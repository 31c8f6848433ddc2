package io.headrace.checkpoint.kcl;

import io.headrace.checkpoint.kcl.KclCheckpoint.Sentinel;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamId;
import java.math.BigInteger;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Rows as the library's versions write them, and streams to which they fit. */
final class KclRows {
  static final String SEQUENCE = "49590338271490256608559692538361571095921575989136588898";
  static final StreamId ORDERS = new StreamId("orders", Instant.ofEpochSecond(1_767_225_600));
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);

  private KclRows() {}

  static String id(int shard) {
    return "shardId-%012d".formatted(shard);
  }

  static ShardId shardId(int shard) {
    return new ShardId(id(shard));
  }

  static Shard shard(int shard, int... parents) {
    var ids = java.util.Arrays.stream(parents).mapToObj(KclRows::shardId).toList();
    return new Shard(shardId(shard), ids, HashRange.ALL);
  }

  static ListedStream orders(Shard... shards) {
    return new ListedStream(ORDERS, List.of(shards));
  }

  /** Version 1: no children, no hash ranges, no type; a first shard has no parents either. */
  static Map<String, AttributeValue> ofVersion1() {
    var item = new HashMap<String, AttributeValue>();
    item.put("leaseKey", text(id(2)));
    item.put("leaseOwner", text("ip-10-0-0-1:8f2c"));
    item.put("leaseCounter", number(4711));
    item.put("ownerSwitchesSinceCheckpoint", number(0));
    item.put("checkpoint", text(SEQUENCE));
    item.put("checkpointSubSequenceNumber", number(3));
    item.put("parentShardId", texts(id(0)));
    return item;
  }

  /** Version 2: children once ended, a state beside the pending checkpoint, hash ranges. */
  static Map<String, AttributeValue> ofVersion2() {
    var item = ofVersion1();
    item.put("pendingCheckpoint", text(SEQUENCE));
    item.put("pendingCheckpointSubSequenceNumber", number(7));
    item.put(
        "pendingCheckpointState",
        AttributeValue.fromB(software.amazon.awssdk.core.SdkBytes.fromUtf8String("prepared")));
    item.put("startingHashKey", text("0"));
    item.put("endingHashKey", text(HALF.subtract(BigInteger.ONE).toString()));
    item.put("childShardIds", texts(id(4), id(5)));
    return item;
  }

  /** Version 3: the type, the throughput by which it balances, the owner that hands over. */
  static Map<String, AttributeValue> ofVersion3() {
    var item = ofVersion2();
    item.put("entityType", text("LEASE"));
    item.put("throughputKBps", AttributeValue.fromN("12.5"));
    item.put("checkpointOwner", text("worker-1"));
    return item;
  }

  /** Versions 2 and 3, of an application that reads several streams. */
  static Map<String, AttributeValue> ofSeveralStreams() {
    var item = ofVersion3();
    item.put("leaseKey", text("123456789012:orders:1767225600:" + id(2)));
    item.put("streamName", text("123456789012:orders:1767225600"));
    item.put("shardId", text(id(2)));
    return item;
  }

  /** What version 3.5 keeps beside its leases. */
  static List<Map<String, AttributeValue>> othersOfVersion35() {
    return List.of(
        Map.of(
            "leaseKey", text("Leader"),
            "entityType", text("LEADER"),
            "ownerName", text("worker-1"),
            "leaseDuration", text("120000"),
            "recordVersionNumber", text("6f0c")),
        Map.of(
            "leaseKey", text("Migration3.0"),
            "entityType", text("CLIENT_VERSION_MIGRATION"),
            "cv", text("CLIENT_VERSION_3X")),
        Map.of("leaseKey", text("TableMigration3.5"), "entityType", text("TABLE_MIGRATION")),
        Map.of(
            "leaseKey", text("worker-1"),
            "entityType", text("WORKER_METRIC_STATS"),
            "lut", number(1_767_225_600)));
  }

  static KclRow row(int shard, KclCheckpoint checkpoint, int... parents) {
    return new KclRow(
        id(shard),
        Optional.empty(),
        shardId(shard),
        checkpoint,
        Optional.empty(),
        java.util.Arrays.stream(parents).mapToObj(KclRows::shardId).collect(Collectors.toSet()),
        Set.of(),
        Optional.empty(),
        1);
  }

  static KclRow row(int shard, Sentinel checkpoint) {
    return row(shard, checkpoint, new int[0]);
  }

  static KclCheckpoint at(long sequence) {
    return new KclCheckpoint.At(Position.of(sequence));
  }

  static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  static AttributeValue texts(String... values) {
    return AttributeValue.fromSs(Stream.of(values).toList());
  }

  static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }
}
