package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Output;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * A function that is keyed across shards, by two workers against a Kinesis server and DynamoDB
 * Local, over sockets.
 */
@Timeout(120)
class AcrossKinesisTest {
  record Flight(String origin, Instant departed, long delayMinutes) {}

  record Sum(long flights, long minutes) {}

  record Day(String origin, long flights, long minutes) {}

  private static final String FLIGHTS = "flights";
  private static final String BY_ORIGIN = "flights-by-origin";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Instant DAY = Instant.parse("2026-03-01T00:00:00Z");
  private static final Flight END = new Flight("END", DAY, 0);

  @RegisterExtension final HeadraceExtension headrace = HeadraceExtension.withStream(FLIGHTS, 2);

  private final Map<String, Day> days = new ConcurrentHashMap<>();
  private final Map<String, Day> expected = new TreeMap<>();
  private final List<FunctionRuntime.Running> workers = new ArrayList<>();
  private int flights;

  /** Sums the days of an origin. */
  static final class Days implements WindowFunction<Flight, Sum, Day> {
    @Override
    public Sum empty() {
      return new Sum(0, 0);
    }

    @Override
    public Sum add(Sum sum, Event<Flight> event) {
      return new Sum(sum.flights() + 1, sum.minutes() + event.value().delayMinutes());
    }

    @Override
    public Sum merge(Sum left, Sum right) {
      return new Sum(left.flights() + right.flights(), left.minutes() + right.minutes());
    }

    @Override
    public void close(Window window, Sum sum, Output<Day> out) {
      out.send(new Day(window.key(), sum.flights(), sum.minutes()));
    }
  }

  @AfterEach
  void stop() {
    workers.forEach(FunctionRuntime.Running::close);
  }

  @Test
  void sums_are_exact_through_a_crash_and_a_split_and_the_stream_between_is_made_by_workers() {
    var victim = start("victim");
    start("survivor");
    put(200);
    await().atMost(PATIENCE).until(() -> !openShards(BY_ORIGIN).isEmpty());

    victim.crash();
    split(FLIGHTS, openShards(FLIGHTS).get(0));
    put(200);
    await().atMost(PATIENCE).until(() -> openShards(FLIGHTS).size() == 3);
    end();

    await()
        .atMost(PATIENCE)
        .alias("days of all origins")
        .until(() -> days.size() >= expected.size());
    assertThat(new TreeMap<>(byOrigin())).isEqualTo(expected);
  }

  /** What was packed for the shard that ended lands in one of its halves, and is put again. */
  @Test
  void sums_are_exact_while_the_stream_between_is_split() {
    headrace
        .aws()
        .kinesis()
        .createStream(create -> create.streamName(BY_ORIGIN).shardCount(1))
        .join();
    await().atMost(PATIENCE).until(() -> openShards(BY_ORIGIN).size() == 1);
    start("only");
    for (int shards = 1; shards <= 3; shards++) {
      int open = shards;
      put(500);
      await().atMost(PATIENCE).until(() -> openShards(BY_ORIGIN).size() == open);
      split(BY_ORIGIN, openShards(BY_ORIGIN).get(0));
      put(500);
    }
    end();

    await()
        .atMost(PATIENCE)
        .alias("days of all origins")
        .until(() -> days.size() >= expected.size());
    assertThat(new TreeMap<>(byOrigin())).isEqualTo(expected);
  }

  private Map<String, Day> byOrigin() {
    var found = new TreeMap<String, Day>();
    for (var day : days.values()) {
      assertThat(found.put(day.origin(), day)).as("a second window of %s", day.origin()).isNull();
    }
    return found;
  }

  private FunctionRuntime.Running start(String name) {
    var spec =
        FunctionSpec.named("days")
            .reading(
                Input.of(StreamSource.kinesis(FLIGHTS), Json.of(Flight.class))
                    .timedBy(Flight::departed)
                    .endedBy(END::equals))
            .windowedBy(
                Keys.across(Flight::origin, BY_ORIGIN),
                Windows.daily(ZoneOffset.UTC),
                Json.of(Sum.class))
            .handledBy(Days::new, Destination.<Day>identified(days::put));
    var worker =
        headrace
            .aws()
            .runtime("across")
            .workerId(name)
            .creatingStreams()
            .leaseTime(Duration.ofSeconds(1))
            .committingEvery(Duration.ofMillis(500))
            .stoppingWithin(Duration.ofSeconds(5))
            .run(spec)
            .start();
    workers.add(worker);
    return worker;
  }

  /** In no order of time: all of one day. */
  private void put(int more) {
    var entries = new ArrayList<PutRecordsRequestEntry>();
    for (int i = 0; i < more; i++) {
      int number = flights++;
      var flight =
          new Flight("origin-" + number % 17, DAY.plusSeconds(number * 7919L % 86_400), number);
      expected.merge(
          flight.origin(),
          new Day(flight.origin(), 1, flight.delayMinutes()),
          (a, b) -> new Day(a.origin(), a.flights() + 1, a.minutes() + b.minutes()));
      entries.add(entry(flight).partitionKey("carrier-" + number % 11).build());
    }
    put(entries);
  }

  /** Into each shard, whatever its key. */
  private void end() {
    put(
        openShards(FLIGHTS).stream()
            .map(
                shard ->
                    entry(END)
                        .partitionKey("end")
                        .explicitHashKey(shard.hashKeyRange().startingHashKey())
                        .build())
            .toList());
  }

  private static PutRecordsRequestEntry.Builder entry(Flight flight) {
    byte[] bytes = Json.of(Flight.class).encode(flight);
    return PutRecordsRequestEntry.builder().data(SdkBytes.fromByteArray(bytes));
  }

  private void put(List<PutRecordsRequestEntry> entries) {
    var answer =
        headrace.aws().kinesis().putRecords(put -> put.streamName(FLIGHTS).records(entries)).join();
    assertThat(answer.failedRecordCount()).isZero();
  }

  private List<Shard> openShards(String stream) {
    return headrace
        .aws()
        .kinesis()
        .listShards(list -> list.streamName(stream))
        .handle((answer, thrown) -> thrown == null ? answer.shards() : List.<Shard>of())
        .join()
        .stream()
        .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
        .toList();
  }

  private void split(String stream, Shard shard) {
    var range = shard.hashKeyRange();
    var middle =
        new BigInteger(range.startingHashKey())
            .add(new BigInteger(range.endingHashKey()))
            .shiftRight(1);
    headrace
        .aws()
        .kinesis()
        .splitShard(
            split ->
                split
                    .streamName(stream)
                    .shardToSplit(shard.shardId())
                    .newStartingHashKey(middle.toString()))
        .join();
  }
}
