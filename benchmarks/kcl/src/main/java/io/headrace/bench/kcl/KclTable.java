package io.headrace.bench.kcl;

import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Member;
import io.headrace.bench.rig.MemberSettings;
import io.headrace.bench.rig.NotMeasured;
import java.util.Arrays;
import java.util.List;
import software.amazon.kinesis.common.HashKeyRangeForLease;
import software.amazon.kinesis.leases.Lease;
import software.amazon.kinesis.leases.LeaseRefresher;
import software.amazon.kinesis.leases.dynamodb.DynamoDBLeaseSerializer;
import software.amazon.kinesis.leases.exceptions.LeasingException;
import software.amazon.kinesis.retrieval.kpl.ExtendedSequenceNumber;

/**
 * Makes the table of an application that has not run yet, and, for the workers that are named, the
 * leases of its shards, evenly. A worker takes up at its start what the table says is its own, so a
 * fleet stands at once that would take minutes to level by itself.
 */
public final class KclTable {
  private static final int TABLE_SECONDS_MAX = 30;

  private KclTable() {}

  /**
   * Takes what {@link MemberSettings#command} writes, and {@code owners=A,B,C}; nothing behind it
   * for a table without leases.
   */
  public static void main(String[] args) {
    try {
      var arguments = Arrays.asList(args);
      var settings = MemberSettings.parse(arguments);
      String owners = Arguments.parse(arguments).text("owners");
      make(settings, owners.isEmpty() ? List.of() : List.of(owners.split(",")));
      System.out.println("{}");
      System.exit(0);
    } catch (LeasingException | RuntimeException e) {
      System.err.println(NotMeasured.because(e));
      System.exit(1);
    }
  }

  private static void make(MemberSettings settings, List<String> owners) throws LeasingException {
    var setup =
        new KclSetup(
            settings,
            () -> {
              throw new IllegalStateException("nothing runs here");
            },
            Member.Traffic.none());
    LeaseRefresher table =
        setup
            .leases()
            .leaseManagementFactory(new DynamoDBLeaseSerializer(), false)
            .createLeaseRefresher();
    table.createLeaseTableIfNotExists();
    table.waitUntilLeaseTableExists(1, TABLE_SECONDS_MAX);
    table.createLeaseOwnerToLeaseKeyIndexIfNotExists();
    table.waitUntilLeaseOwnerToLeaseKeyIndexExists(1, TABLE_SECONDS_MAX);
    if (!owners.isEmpty()) {
      var shards = setup.kinesis().listShards(r -> r.streamName(settings.stream())).join().shards();
      for (int i = 0; i < shards.size(); i++) {
        var lease = new Lease();
        lease.leaseKey(shards.get(i).shardId());
        lease.leaseOwner(owners.get(i % owners.size()));
        lease.checkpoint(ExtendedSequenceNumber.TRIM_HORIZON);
        lease.ownerSwitchesSinceCheckpoint(0L);
        lease.hashKeyRange(HashKeyRangeForLease.fromHashKeyRange(shards.get(i).hashKeyRange()));
        table.createLeaseIfNotExists(lease);
      }
    }
  }
}
