package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.loop.SimulatedLoop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisServiceClientConfiguration;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * A stream under virtual time whose calls take a while and go wrong by chance: records refused,
 * calls refused, calls that do their work and answer with an error, calls that never answer and do
 * their work late, lists that are behind.
 */
final class ShardedKinesis implements KinesisAsyncClient {
  /** What becomes of an aggregate of which a part lies outside its shard. */
  enum Reader {
    /** Nothing is dropped: what lies in the stream at all. */
    OF_ALL,
    /** Drops that part, as functions do with {@code Input.misrouted(DROP)}. */
    OF_WHAT_BELONGS,
    /** Drops all of it, as the KCL does. */
    OF_WHOLE_AGGREGATES
  }

  /** One user record as a reader finds it. */
  record Found(String shard, String sequence, long sub, String key, String data) {}

  final InMemoryStream stream;
  final List<PutRecordsRequest> putsAsked = new ArrayList<>();
  final List<Long> putsAskedAtMillis = new ArrayList<>();
  int listsAsked;
  int underWay;
  int underWayMost;

  /** Of a hundred. */
  int recordsRefused;

  int callsRefused;
  int callsDoneAndFailed;
  int callsNeverAnswered;
  int callsInvalid;

  /** Stored, and answered without saying where. */
  int recordsBroken;

  int listsRefused;
  Duration takesMax = Duration.ofMillis(80);
  Duration listsBehind = Duration.ZERO;

  private final SimulatedLoop loop;
  private final SplittableRandom random;

  ShardedKinesis(SimulatedLoop loop, SplittableRandom random, int shards) {
    this.loop = loop;
    this.random = random;
    this.stream = new InMemoryStream("orders", shards, loop);
  }

  KinesisCalls calls() {
    return new KinesisCalls(this, new Place("orders", "here"), loop, random.split());
  }

  HeadraceProducer producer(ProducerSettings settings) {
    return new HeadraceProducer(calls(), settings, ProducerMachine.Patience.SINCE_PUT, () -> {});
  }

  void splitOne() {
    var open = stream.openShards();
    stream.split(open.get(random.nextInt(open.size())).id());
  }

  void mergeTwo() {
    var open = new ArrayList<>(stream.openShards());
    open.sort(Comparator.comparing(shard -> shard.range().first()));
    if (open.size() > 1) {
      int left = random.nextInt(open.size() - 1);
      stream.merge(open.get(left).id(), open.get(left + 1).id());
    }
  }

  @Override
  public KinesisServiceClientConfiguration serviceClientConfiguration() {
    return ScriptedKinesis.CONFIGURATION;
  }

  @Override
  public CompletableFuture<PutRecordsResponse> putRecords(PutRecordsRequest request) {
    checkLimits(request);
    putsAsked.add(request);
    putsAskedAtMillis.add(Duration.ofNanos(loop.ticks()).toMillis());
    underWay++;
    underWayMost = Math.max(underWayMost, underWay);
    var answer = new CompletableFuture<PutRecordsResponse>();
    CompletionStage<PutRecordsResponse> answering = answer;
    answering.whenComplete((response, failure) -> underWay--);
    int drawn = random.nextInt(100);
    Duration takes = Duration.ofMillis(random.nextLong(takesMax.toMillis() + 1));
    if (drawn < callsNeverAnswered) {
      loop.schedule(Duration.ofMillis(random.nextInt(25_000)), () -> store(request));
      return answer;
    }
    loop.schedule(
        takes,
        () -> {
          if (drawn < callsNeverAnswered + callsRefused) {
            failAs(answer, "LimitExceededException", 400);
          } else if (drawn < callsNeverAnswered + callsRefused + callsDoneAndFailed) {
            store(request);
            failAs(answer, "InternalFailure", 500);
          } else if (drawn < invalidBelow()) {
            failAs(answer, "ValidationException", 400);
          } else {
            answer.complete(store(request));
          }
        });
    return answer;
  }

  private int invalidBelow() {
    return callsNeverAnswered + callsRefused + callsDoneAndFailed + callsInvalid;
  }

  private static void failAs(CompletableFuture<?> answer, String code, int status) {
    CompletionStage<?> failing = ScriptedKinesis.failing(code, status);
    failing.whenComplete((none, failure) -> answer.completeExceptionally(failure));
  }

  private static void checkLimits(PutRecordsRequest request) {
    assertThat(request.records().size()).isBetween(1, 500);
    long bytes = 0;
    for (PutRecordsRequestEntry entry : request.records()) {
      bytes += entry.data().asByteArrayUnsafe().length;
      bytes += entry.partitionKey().getBytes(StandardCharsets.UTF_8).length;
    }
    assertThat(bytes)
        .isLessThanOrEqualTo(
            request.records().size() == 1
                ? ProducerMachine.RECORD_BYTES_MAX
                : ProducerMachine.BYTES_PER_CALL_MAX);
  }

  private PutRecordsResponse store(PutRecordsRequest request) {
    var results = new ArrayList<PutRecordsResultEntry>();
    for (PutRecordsRequestEntry entry : request.records()) {
      int drawn = random.nextInt(100);
      PutRecordsResultEntry result = drawn < recordsRefused ? refused() : store(entry);
      results.add(
          drawn >= 100 - recordsBroken ? result.toBuilder().sequenceNumber(null).build() : result);
    }
    return PutRecordsResponse.builder().records(results).build();
  }

  private PutRecordsResultEntry store(PutRecordsRequestEntry entry) {
    StreamSink.Stored stored =
        stream
            .sink()
            .put(
                List.of(
                    new StreamSink.Entry(entry.partitionKey(), entry.data().asByteArrayUnsafe())))
            .toCompletableFuture()
            .join()
            .get(0);
    return PutRecordsResultEntry.builder()
        .shardId(stored.shard().value())
        .sequenceNumber(stored.position().sequence().value())
        .build();
  }

  private static PutRecordsResultEntry refused() {
    return PutRecordsResultEntry.builder()
        .errorCode("ProvisionedThroughputExceededException")
        .errorMessage("slow")
        .build();
  }

  @Override
  public CompletableFuture<ListShardsResponse> listShards(ListShardsRequest request) {
    listsAsked++;
    var answer = new CompletableFuture<ListShardsResponse>();
    boolean fails = random.nextInt(100) < listsRefused;
    List<Shard> now = stream.shardsNow();
    loop.schedule(
        listsBehind.plusMillis(random.nextInt(30)),
        () -> {
          if (fails) {
            failAs(answer, "LimitExceededException", 400);
          } else {
            answer.complete(
                ListShardsResponse.builder()
                    .shards(now.stream().map(ShardedKinesis::told).toList())
                    .build());
          }
        });
    return answer;
  }

  private static software.amazon.awssdk.services.kinesis.model.Shard told(Shard shard) {
    List<ShardId> parents = shard.parents();
    return software.amazon.awssdk.services.kinesis.model.Shard.builder()
        .shardId(shard.id().value())
        .parentShardId(parents.isEmpty() ? null : parents.get(0).value())
        .adjacentParentShardId(parents.size() < 2 ? null : parents.get(1).value())
        .hashKeyRange(
            HashKeyRange.builder()
                .startingHashKey(shard.range().first().toString())
                .endingHashKey(shard.range().last().toString())
                .build())
        .build();
  }

  /** The user records that a reader finds, in the order in which they were stored. */
  List<Found> foundBy(Reader reader) {
    var found = new ArrayList<Found>();
    for (Shard shard : stream.shardsNow()) {
      for (StreamRecord record : stream.recordsOf(shard.id())) {
        find(reader, shard, record, found);
      }
    }
    found.sort(
        Comparator.<Found>comparingLong(f -> Long.parseLong(f.sequence()))
            .thenComparingLong(Found::sub));
    return found;
  }

  private static void find(Reader reader, Shard shard, StreamRecord record, List<Found> found) {
    byte[] bytes;
    try {
      bytes = record.payload().bytes();
    } catch (IOException unreadable) {
      throw new AssertionError(unreadable);
    }
    String sequence = record.position().sequence().value();
    Aggregate aggregate = Aggregate.unpack(bytes);
    if (aggregate == null) {
      found.add(new Found(shard.id().value(), sequence, 0, record.key().text(), text(bytes)));
      return;
    }
    HashRange range = shard.range();
    boolean whole = aggregate.records().stream().allMatch(each -> range.holds(each.hashKey()));
    if (reader == Reader.OF_WHOLE_AGGREGATES && !whole) {
      return;
    }
    long sub = 0;
    for (Aggregate.SubRecord each : aggregate.records()) {
      if (reader == Reader.OF_ALL || range.holds(each.hashKey())) {
        found.add(
            new Found(shard.id().value(), sequence, sub, each.partitionKey(), text(each.data())));
      }
      sub++;
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).strip();
  }

  /** What lies where, by shard, sequence number and place. */
  static Map<String, Found> byPlace(List<Found> found) {
    var byPlace = new HashMap<String, Found>();
    found.forEach(f -> byPlace.put(f.shard() + " " + f.sequence() + ":" + f.sub(), f));
    return byPlace;
  }

  @Override
  public String serviceName() {
    return "kinesis";
  }

  @Override
  public void close() {}
}
