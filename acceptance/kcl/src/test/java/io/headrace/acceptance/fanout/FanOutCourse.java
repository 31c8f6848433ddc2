package io.headrace.acceptance.fanout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.function.Batch;
import io.headrace.harness.LocalDynamoDb;
import io.headrace.local.Fault;
import io.headrace.local.LocalKinesis;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * Two workers read by enhanced fan-out with a slow function, while a shard is split, two are
 * merged, the server ends subscriptions and a worker leaves just behind a renewal; at the end the
 * function is quick, and all is accounted for. The test's thread drives; the producer's rounds are
 * its clock.
 *
 * <pre>
 *   shard 0 --split--> 2, 3
 *   shard 3, 1 --merge--> 4
 * </pre>
 */
final class FanOutCourse implements AutoCloseable {
  private static final String STREAM = "course";

  /** The service refuses a second subscription to a shard for so long. */
  private static final Duration APART = Duration.ofSeconds(5);

  private static final Duration JUST_NOW = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final int CHANGES_TRIED_MAX = 20;

  /** After so many events the server ends a subscription. */
  private static final int EVENTS_BEFORE_END = 3;

  private final CourseSize size;
  private final RecordJudge judge = new RecordJudge();
  private final Subscriptions subscriptions = new Subscriptions();
  private final CountDownLatch quick = new CountDownLatch(1);
  private final List<CourseWorker> workers = new ArrayList<>();
  private final LocalKinesis kinesis = LocalKinesis.start();
  private final LocalDynamoDb dynamoDb = LocalDynamoDb.start();
  private final KinesisAsyncClient client = CourseWorker.client(kinesis.endpoint());
  private int started;

  FanOutCourse(CourseSize size) {
    this.size = size;
  }

  void run() {
    kinesis.createStream(STREAM, 2);
    endSubscriptions();
    startWorker();
    startWorker();
    Duration gap;
    try (var records = new NumberedRecords(client, STREAM, size.rounds(), judge)) {
      records.begin();
      until(() -> records.rounds() >= size.splitAfter());
      split();
      until(() -> records.rounds() >= size.mergeAfter());
      merge();
      until(() -> records.rounds() >= size.changeAfter());
      gap = changeOwnerBehindARenewal();
      until(() -> subscriptions.account().forced() >= size.forcedEnds());
      kinesis.faults().clear();
      until(() -> records.rounds() == size.rounds());
    }
    quick.countDown();
    until(() -> judge.complete() && judge.hasEnded(closedShards()));
    closeWorkers();
    print(gap);
    verify(gap);
  }

  /**
   * The user's function. It blocks for as long as a batch takes: that is what the course is about,
   * and no wait of the test's own. When the course is over the rest is handled at once.
   */
  private void handle(Batch<Numbered, String> batch) throws InterruptedException {
    judge.delivered(batch);
    var unused = quick.await(size.batchTakes().toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * The service refuses others for 5 s after a subscription whatever becomes of it, as its
   * documentation reads; the local one lets them in when it was given up.
   */
  private void refuseOthers(Subscriptions.Renewal renewal) {
    kinesis.faults().clear();
    kinesis
        .faults()
        .add(Fault.error("ResourceInUseException").on("SubscribeToShard").shard(renewal.shard()));
    addEnds();
  }

  private void endSubscriptions() {
    kinesis.faults().clear();
    addEnds();
  }

  private void addEnds() {
    // The first that strikes decides: every other subscription ends by an error.
    kinesis
        .faults()
        .add(Fault.subscriptionError("InternalFailureException", EVENTS_BEFORE_END).every(2));
    kinesis.faults().add(Fault.subscriptionEnd(EVENTS_BEFORE_END));
  }

  private void startWorker() {
    var place =
        new CourseWorker.Place(kinesis.endpoint(), dynamoDb.client(), STREAM, subscriptions, judge);
    workers.add(CourseWorker.start("worker-" + started++, place, size, this::handle));
  }

  /** Answers how long after the renewal the new owner wanted to subscribe. */
  private Duration changeOwnerBehindARenewal() {
    for (int i = 0; i < CHANGES_TRIED_MAX; i++) {
      var renewal = untilThere(() -> subscriptions.renewedWithin(JUST_NOW));
      var owner =
          workers.stream().filter(w -> w.name().equals(renewal.worker())).findFirst().orElseThrow();
      refuseOthers(renewal);
      owner.close();
      workers.remove(owner);
      startWorker();
      var gap = untilThere(() -> subscriptions.takenOver(renewal));
      until(() -> renewal.age().compareTo(APART) >= 0);
      endSubscriptions();
      if (gap.compareTo(APART) < 0) {
        return gap;
      }
    }
    throw new AssertionError("no change of owner came within 5 s of a renewal:\n" + subscriptions);
  }

  private void split() {
    var first = openShards().get(0);
    var from = new BigInteger(first.hashKeyRange().startingHashKey());
    var to = new BigInteger(first.hashKeyRange().endingHashKey());
    var middle = from.add(to).shiftRight(1).add(BigInteger.ONE);
    client
        .splitShard(
            r ->
                r.streamName(STREAM)
                    .shardToSplit(first.shardId())
                    .newStartingHashKey(middle.toString()))
        .join();
  }

  private void merge() {
    var open = openShards();
    client
        .mergeShards(
            r ->
                r.streamName(STREAM)
                    .shardToMerge(open.get(1).shardId())
                    .adjacentShardToMerge(open.get(2).shardId()))
        .join();
  }

  private List<Shard> shards() {
    return client.listShards(r -> r.streamName(STREAM)).join().shards();
  }

  /** In the order of their ranges. */
  private List<Shard> openShards() {
    return shards().stream()
        .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
        .sorted(
            Comparator.comparing(shard -> new BigInteger(shard.hashKeyRange().startingHashKey())))
        .toList();
  }

  private Set<String> closedShards() {
    var closed = new TreeSet<String>();
    shards().forEach(shard -> closed.add(shard.shardId()));
    openShards().forEach(shard -> closed.remove(shard.shardId()));
    return closed;
  }

  private void until(BooleanSupplier there) {
    untilThere(() -> there.getAsBoolean() ? Optional.of(true) : Optional.empty());
  }

  /** Waits for it, and fails at once when a judge has found something. */
  private <T> T untilThere(Supplier<Optional<T>> sought) {
    var found =
        await()
            .atMost(PATIENCE.plusSeconds(size.rounds()))
            .pollInterval(LOOK)
            .until(sought::get, there -> there.isPresent() || !judge.faults().isEmpty());
    assertThat(judge.faults()).as("%s%n%s", judge, subscriptions).isEmpty();
    return found.orElseThrow();
  }

  private void print(Duration gap) {
    var account = subscriptions.account();
    System.out.printf(
        "fan-out course of %d s, %d s a batch: %d of %d records settled, %d deliveries again in %d"
            + " batches; %d SubscribeToShard, of which %d refused; due %d (%d shards, %d forced"
            + " ends, %d renewals), %d changes of owner, one %d ms after a renewal; %d time-outs%n",
        size.rounds(),
        size.batchTakes().toSeconds(),
        judge.settled(),
        judge.records(),
        judge.repeated(),
        judge.batches(),
        account.calls(),
        account.refused(),
        account.due(),
        account.first(),
        account.forced(),
        account.renewed(),
        judge.changes(),
        gap.toMillis(),
        subscriptions.timeOuts().size());
  }

  private void verify(Duration gap) {
    assertThat(judge.records()).isEqualTo(size.rounds() * NumberedRecords.PER_ROUND);
    assertThat(judge.missing()).as("keys of which not all came").isEmpty();
    assertThat(judge.settled()).as("records settled").isEqualTo(judge.records());
    assertThat(judge.told()).allMatch(how -> how.startsWith("enhanced fan-out, consumer"));
    assertThat(subscriptions.timeOuts()).isEmpty();
    assertThat(gap).isLessThan(APART);
    var account = subscriptions.account();
    assertThat(account.forced()).isGreaterThanOrEqualTo(size.forcedEnds());
    assertThat(account.renewed()).as("%s", subscriptions).isGreaterThanOrEqualTo(size.renewals());
    // Refused are only those who take a shard over within 5 s: they can't know, and are told once.
    assertThat(account.refused()).as("%s", subscriptions).isLessThanOrEqualTo(judge.changes());
    assertThat(account.accepted())
        .as("%s", subscriptions)
        .isLessThanOrEqualTo(account.due() + judge.changes());
  }

  private void closeWorkers() {
    workers.forEach(CourseWorker::close);
    workers.clear();
  }

  @Override
  public void close() {
    quick.countDown();
    closeWorkers();
    client.close();
    try (dynamoDb) {
      kinesis.close();
    }
  }
}
