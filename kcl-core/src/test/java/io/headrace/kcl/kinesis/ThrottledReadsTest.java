package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisServiceClientConfiguration;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * What comes of a shard for minutes in which most of its reads are throttled, under virtual time.
 */
class ThrottledReadsTest {
  private static final long RECORDS_A_SECOND = 100;
  private static final Duration MINUTES = Duration.ofMinutes(3);
  private static final int SHARDS = 20;

  @Test
  void a_shard_that_throttles_nine_of_ten_reads_is_read_nearly_whole() {
    var readers = new ArrayList<Reader>();
    for (int seed = 0; seed < SHARDS; seed++) {
      var loop = new SimulatedLoop(seed);
      var chance = new SplittableRandom(seed);
      readers.add(new Reader(seed, loop, new SharedShard(loop, () -> chance.nextInt(10) > 0)));
      loop.advance(MINUTES);
    }

    int undisturbed = undisturbed().asked;
    double read = readers.stream().mapToLong(reader -> reader.read).average().orElseThrow();
    assertThat(read).isGreaterThan(0.95 * RECORDS_A_SECOND * MINUTES.toSeconds());
    for (var reader : readers) {
      assertThat(reader.longestStandstill())
          .as("%s: pages at %s", reader, reader.pagesAt)
          .isLessThan(Duration.ofSeconds(45));
      assertThat(reader.asked).as("%s", reader).isLessThan((int) (0.55 * undisturbed));
    }
    double standstill =
        readers.stream().mapToDouble(r -> r.longestStandstill().toMillis()).average().orElseThrow();
    assertThat(standstill).isLessThan(25_000);
  }

  @Test
  void readers_that_ask_too_much_together_get_alike_and_leave_nothing() {
    var loop = new SimulatedLoop(7);
    var bucket = new FiveASecond(loop);
    var shard = new SharedShard(loop, bucket::isEmpty);
    var readers = LongStream.range(0, 5).mapToObj(seed -> new Reader(seed, loop, shard)).toList();

    loop.advance(MINUTES);

    for (var reader : readers) {
      assertThat(reader.longestStandstill()).as("%s", reader).isLessThan(Duration.ofSeconds(10));
      assertThat(reader.read)
          .as("%s", reader)
          .isGreaterThan((MINUTES.toSeconds() - 10) * RECORDS_A_SECOND);
      assertThat((double) reader.pagesAt.size() / MINUTES.toSeconds())
          .as("pages a second of %s", reader)
          .isBetween(0.8, 1.2);
    }
  }

  @Test
  void a_fleet_whose_stream_throttles_all_reads_backs_off_and_not_in_step() {
    var loop = new SimulatedLoop(7);
    var readers = new ArrayList<Reader>();
    var shard = new SharedShard(loop, () -> true);
    for (int i = 0; i < 50; i++) {
      readers.add(new Reader(i, loop, shard));
    }

    loop.advance(Duration.ofMinutes(1));
    assertThat(shard.asked / 60.0 / readers.size()).isBetween(1.5, 2.6);
    loop.advance(Duration.ofMinutes(1));
    int before = shard.asked;
    shard.askedAt.clear();
    loop.advance(Duration.ofMinutes(5));

    assertThat((shard.asked - before) / 300.0 / readers.size()).isBetween(0.2, 0.35);
    // In step it would be all of them, some once and some twice.
    assertThat(shard.askedInOneSecondMost()).isLessThan(readers.size() * 6 / 10);
  }

  @Test
  void reads_on_with_as_much_as_there_is_room_for_when_a_read_gets_through() {
    var loop = new SimulatedLoop(7);
    var shard = new SharedShard(loop, () -> loop.ticks() < Duration.ofSeconds(40).toNanos());
    var reader = new Reader(1, loop, shard);

    loop.advance(Duration.ofSeconds(42));

    assertThat(reader.read).isGreaterThan(41 * RECORDS_A_SECOND);
    assertThat(shard.limits.get(0)).as("of the first page").isLessThan(100);
    assertThat(shard.limits.get(shard.limits.size() - 1)).isEqualTo(Reader.ROOM_RECORDS);
  }

  private static Reader undisturbed() {
    var loop = new SimulatedLoop(0);
    var reader = new Reader(0, loop, new SharedShard(loop, () -> false));
    loop.advance(MINUTES);
    return reader;
  }

  /**
   * Fetches again as soon as a fetch is answered, as a function does that is faster than its shard.
   */
  private static final class Reader {
    static final long ROOM = 1 << 20;

    /** Of ten bytes of data and one of key, with an eighth left free. */
    static final int ROOM_RECORDS = (int) (ROOM - ROOM / 8) / 211;

    final List<Duration> pagesAt = new ArrayList<>(List.of(Duration.ZERO));
    int asked;
    long read;
    private final long seed;
    private final SimulatedLoop loop;
    private final KinesisCursor cursor;

    Reader(long seed, SimulatedLoop loop, SharedShard shard) {
      this.seed = seed;
      this.loop = loop;
      var calls =
          new KinesisCalls(
              shard.seenBy(() -> asked++),
              new Place("orders", "region moon-1"),
              loop,
              new SplittableRandom(seed));
      cursor =
          new KinesisCursor(
              calls, Shard.root("shardId-0"), StartingPosition.TRIM_HORIZON, misrouted -> {});
      fetch();
    }

    private void fetch() {
      CompletionStage<Fetched> answer = cursor.fetch(ROOM);
      answer.whenComplete(
          (fetched, failure) -> {
            if (fetched instanceof Fetched.Records page && !page.records().isEmpty()) {
              read += page.records().size();
              pagesAt.add(Duration.ofNanos(loop.ticks()));
            }
            loop.schedule(Duration.ofMillis(1), this::fetch);
          });
    }

    Duration longestStandstill() {
      var longest = Duration.ZERO;
      var before = Duration.ZERO;
      var all = new ArrayList<>(pagesAt);
      all.add(Duration.ofNanos(loop.ticks()));
      for (var at : all) {
        var standstill = at.minus(before);
        longest = standstill.compareTo(longest) > 0 ? standstill : longest;
        before = at;
      }
      return longest;
    }

    @Override
    public String toString() {
      return "reader of seed %d, %d read, %d asked, longest standstill %s"
          .formatted(seed, read, asked, longestStandstill());
    }
  }

  /** What a shard gives all its readers together. */
  private static final class FiveASecond {
    private static final double MOST = 5;

    private final SimulatedLoop loop;
    private double left = MOST;
    private long at;

    FiveASecond(SimulatedLoop loop) {
      this.loop = loop;
    }

    boolean isEmpty() {
      left = Math.min(MOST, left + MOST * (loop.ticks() - at) / 1e9);
      at = loop.ticks();
      if (left < 1) {
        return true;
      }
      left--;
      return false;
    }
  }

  /** A shard that gets records evenly, and says of each read whether it is one too many. */
  private static final class SharedShard {
    final List<Long> askedAt = new ArrayList<>();
    final List<Integer> limits = new ArrayList<>();
    int asked;
    private final SimulatedLoop loop;
    private final BooleanSupplier throttles;

    SharedShard(SimulatedLoop loop, BooleanSupplier throttles) {
      this.loop = loop;
      this.throttles = throttles;
    }

    private CompletableFuture<GetRecordsResponse> read(GetRecordsRequest request) {
      asked++;
      askedAt.add(loop.ticks());
      if (throttles.getAsBoolean()) {
        return ScriptedKinesis.failing("ProvisionedThroughputExceededException", 400);
      }
      limits.add(request.limit());
      long from = Long.parseLong(request.shardIterator());
      long all = RECORDS_A_SECOND * loop.ticks() / Duration.ofSeconds(1).toNanos();
      long to = Math.min(all, from + request.limit());
      return CompletableFuture.completedFuture(
          GetRecordsResponse.builder()
              .records(LongStream.range(from, to).mapToObj(SharedShard::record).toList())
              .nextShardIterator(Long.toString(to))
              .millisBehindLatest((all - to) * 1_000 / RECORDS_A_SECOND)
              .build());
    }

    private static Record record(long number) {
      return Record.builder()
          .sequenceNumber(Long.toString(number + 1))
          .partitionKey("k")
          .data(SdkBytes.fromByteArrayUnsafe(new byte[10]))
          .approximateArrivalTimestamp(Instant.EPOCH)
          .build();
    }

    int askedInOneSecondMost() {
      int most = 0;
      int from = 0;
      for (int to = 0; to < askedAt.size(); to++) {
        while (askedAt.get(to) - askedAt.get(from) >= Duration.ofSeconds(1).toNanos()) {
          from++;
        }
        most = Math.max(most, to - from + 1);
      }
      return most;
    }

    /** A client of it. */
    KinesisAsyncClient seenBy(Runnable asking) {
      return new KinesisAsyncClient() {
        @Override
        public CompletableFuture<GetRecordsResponse> getRecords(GetRecordsRequest request) {
          asking.run();
          return read(request);
        }

        @Override
        public CompletableFuture<GetShardIteratorResponse> getShardIterator(
            GetShardIteratorRequest request) {
          return CompletableFuture.completedFuture(
              GetShardIteratorResponse.builder().shardIterator("0").build());
        }

        @Override
        public KinesisServiceClientConfiguration serviceClientConfiguration() {
          return ScriptedKinesis.CONFIGURATION;
        }

        @Override
        public String serviceName() {
          return "kinesis";
        }

        @Override
        public void close() {}
      };
    }
  }
}
