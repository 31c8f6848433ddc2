package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardClaim;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamRecord;
import io.headrace.local.Fault;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;

/** Enhanced fan-out over the socket of a local Kinesis, in virtual time. */
@Timeout(120)
class FanOutOverTheWireTest {
  private static final String NAME = "orders";
  private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/" + NAME;
  private static final String MIDDLE = "170141183460469231731687303715884105728";
  private static final long PLENTY = 1 << 20;
  private static final Duration STRIDE = Duration.ofSeconds(20);

  private LocalStreams local = LocalStreams.pushed();
  private final List<String> told = new ArrayList<>();
  private final Map<ShardId, List<Position>> put = new LinkedHashMap<>();
  private KinesisStream stream;
  private boolean owned = true;

  private final ShardClaim claim =
      new ShardClaim() {
        @Override
        public boolean holds() {
          return owned;
        }

        @Override
        public void retrieving(String how) {
          told.add(how);
        }
      };

  @BeforeEach
  void open() {
    stream = local.create(NAME, 1);
    local.awaitConsumer(stream);
  }

  @AfterEach
  void close() {
    local.close();
  }

  @Test
  void twenty_ends_by_force_lose_nothing_and_repeat_nothing() {
    var reader = new Reader(only());
    for (int i = 0; i < 20; i++) {
      var end =
          switch (i % 4) {
            case 0 -> Fault.subscriptionEnd(2);
            case 1 -> Fault.subscriptionError("InternalFailureException", 2);
            case 2 -> Fault.subscriptionMalformed(2);
            default -> Fault.subscriptionError("KMSThrottlingException", 2);
          };
      local.server.faults().clear();
      local.server.faults().add(end);
      // Past the time in which nobody may subscribe again, so that each is a subscription's end.
      local.loop.advance(Duration.ofSeconds(6));
      int before = local.subscriptions.made.size();
      for (int puts = 0; local.subscriptions.made.size() == before || puts < 3; puts++) {
        assertThat(puts).as("until a subscription is made and broken").isLessThan(50);
        reader.readAfter(put(5));
      }
    }

    reader.hasAll();
    int ends = local.subscriptions.ended.get();
    print("20 forced ends", ends, reader);
    assertThat(ends).isGreaterThanOrEqualTo(20);
    assertThat(local.subscriptions.made).hasSizeBetween(20, ends + 1);
    assertThat(told).containsExactly("enhanced fan-out, consumer reader");
  }

  @Test
  void a_subscription_is_renewed_before_five_minutes_and_goes_on_where_it_was() {
    var reader = new Reader(only());
    reader.readAfter(put(3));
    for (int i = 0; i < 20; i++) {
      reader.passing(Duration.ofSeconds(60));
      reader.readAfter(put(2));
    }

    reader.hasAll();
    int renewals = (int) (20 * 60 / FanOutReader.LIFE_MIN.toSeconds());
    print("20 minutes", renewals, reader);
    assertThat(local.subscriptions.made).hasSizeBetween(5, renewals + 1);
    assertThat(told).containsExactly("enhanced fan-out, consumer reader");
  }

  @Test
  void ten_minutes_of_a_function_that_takes_30_s_a_batch_cost_no_time_out() {
    var reader = new Reader(only());
    for (int i = 0; i < 20; i++) {
      put(40);
      reader.fetchOnce(4_000);
      local.loop.advance(Duration.ofSeconds(30));
    }
    reader.readAll();

    reader.hasAll();
    int renewals = (int) (10 * 60 / FanOutReader.LIFE_MIN.toSeconds()) + 1;
    print("10 minutes at 30 s a batch", renewals, reader);
    assertThat(local.subscriptions.made).hasSizeBetween(2, renewals + 1);
    assertThat(told).containsExactly("enhanced fan-out, consumer reader");
  }

  @Test
  void a_split_and_a_merge_are_read_to_their_ends_in_order() {
    var parent = new Reader(only());
    parent.readAfter(put(10));
    local
        .direct
        .splitShard(
            r ->
                r.streamName(NAME)
                    .shardToSplit(parent.shard.id().value())
                    .newStartingHashKey(MIDDLE))
        .join();
    put(40);
    var children = parent.readToEnd().stream().map(Reader::new).toList();
    assertThat(children).hasSize(2);
    children.forEach(Reader::readAll);
    local
        .direct
        .mergeShards(
            r ->
                r.streamName(NAME)
                    .shardToMerge(children.get(0).shard.id().value())
                    .adjacentShardToMerge(children.get(1).shard.id().value()))
        .join();
    put(10);
    var merged = children.stream().flatMap(child -> child.readToEnd().stream()).distinct().toList();
    assertThat(merged).hasSize(1);
    var last = new Reader(merged.get(0));
    last.readAll();

    parent.hasAll();
    children.forEach(Reader::hasAll);
    last.hasAll();
    assertThat(local.subscriptions.made).as("one a shard").hasSize(4);
  }

  @Test
  void a_change_of_owner_within_5_s_of_a_renewal_is_bridged_without_a_gap() {
    var giver = new Reader(only());
    giver.readAfter(put(5));
    while (local.subscriptions.made.size() < 2) {
      giver.passing(Duration.ofSeconds(10));
    }
    giver.readAfter(put(5));
    // It dies without a word: the server has its subscription still.
    var taker = new Reader(another(), only(), StartingPosition.after(giver.last()), claim);
    taker.read.addAll(giver.read);
    for (int i = 0; i < 12; i++) {
      taker.readAfter(put(2));
      taker.passing(Duration.ofSeconds(1));
    }
    taker.hasAll();
    print("a change of owner 0 s after a renewal", 1, taker);
    // Two of the giver, one that is refused, and the taker's own.
    assertThat(local.subscriptions.made).hasSize(4);
  }

  @Test
  void who_is_taken_over_and_owns_the_shard_no_more_leaves_it_alone() {
    var zombie = new Reader(only());
    zombie.readAfter(put(5));
    local.loop.advance(Duration.ofSeconds(6));
    owned = false;
    var from = StartingPosition.after(zombie.last());
    var owner = new Reader(another(), only(), from, ShardClaim.ALONE);
    owner.read.addAll(zombie.read);
    owner.readAfter(put(5));
    for (int i = 0; i < 30; i++) {
      zombie.passing(Duration.ofSeconds(1));
      owner.readAfter(put(1));
    }

    owner.hasAll();
    assertThat(local.subscriptions.made).hasSize(2);
  }

  @Test
  void two_readers_of_a_shard_in_one_worker_do_not_fight_for_its_subscription() {
    var faster = new Reader(only());
    faster.readAfter(put(5));
    local.loop.advance(Duration.ofSeconds(6));
    var slower = new Reader(only());
    for (int i = 0; i < 30; i++) {
      var both = put(1);
      faster.readAfter(both);
      slower.readAfter(both);
      local.loop.advance(Duration.ofSeconds(2));
    }

    faster.hasAll();
    slower.hasAll();
    print("two readers of a shard for a minute", 0, slower);
    assertThat(local.subscriptions.made).hasSize(1);
    faster.cursor.close();
    for (int i = 0; i < 3; i++) {
      slower.readAfter(put(1));
    }
    slower.hasAll();
    assertThat(local.subscriptions.made).as("the other's turn").hasSize(2);
    assertThat(told)
        .containsExactly(
            "enhanced fan-out, consumer reader",
            "polling, since another reader of the shard in this worker has its subscription",
            "enhanced fan-out, consumer reader");
  }

  @Test
  void what_was_trimmed_while_a_function_stood_still_is_a_gap() {
    var reader = new Reader(only());
    reader.readAfter(put(5));
    put(3);
    local.loop.advance(Duration.ofHours(25));
    put.get(reader.shard.id()).subList(5, 8).clear();
    var left = put(1);

    assertThat(reader.gap().after()).isEqualTo(reader.last());
    reader.readAfter(left);
    reader.hasAll();
  }

  @Test
  void a_silent_subscription_is_given_up_after_15_s_and_nothing_is_lost() {
    local.server.faults().add(Fault.subscriptionSilence(1).first(1));
    var reader = new Reader(only());
    reader.fetchOnce(PLENTY);
    put(5);
    long before = local.loop.ticks();
    reader.readAll();

    reader.hasAll();
    assertThat(Duration.ofNanos(local.loop.ticks() - before))
        .isBetween(Duration.ofSeconds(14), Duration.ofSeconds(18));
  }

  @Test
  void a_consumer_that_vanishes_is_registered_again_while_polling_bridges() {
    var reader = new Reader(only());
    reader.readAfter(put(5));
    local.direct.deregisterStreamConsumer(r -> r.streamARN(ARN).consumerName("reader")).join();
    for (int i = 0; i < 10; i++) {
      reader.readAfter(put(1));
      reader.passing(Duration.ofSeconds(1));
    }

    reader.hasAll();
    // One more where the end of the first comes before its reason: it is asked for once again.
    assertThat(local.subscriptions.made).hasSizeBetween(2, 3);
    assertThat(local.direct.listStreamConsumers(r -> r.streamARN(ARN)).join().consumers())
        .hasSize(1);
  }

  @Test
  void a_client_that_ends_what_nobody_reads_from_is_no_failure() {
    local.close();
    var hasty =
        NettyNioAsyncHttpClient.builder()
            .protocol(Protocol.HTTP2)
            .readTimeout(Duration.ofMillis(500))
            .build();
    try (hasty) {
      local = LocalStreams.pushedThrough(hasty);
      open();
      var reader = new Reader(only());
      reader.readAfter(put(1));
      for (int i = 1; i <= 3; i++) {
        int over = i;
        assertThat(local.loop.runUntil(() -> local.subscriptions.ended.get() >= over, 20_000))
            .as("the client gives up, in real time")
            .isTrue();
        local.loop.advance(Duration.ofSeconds(30));
        reader.readAfter(put(1));
      }

      reader.hasAll();
      print("3 read time-outs while nobody waited", 3, reader);
      // A busy machine gives up more of them; each is followed by one.
      int ends = local.subscriptions.ended.get();
      assertThat(local.subscriptions.made).hasSizeBetween(4, ends + 1);
      assertThat(told).containsExactly("enhanced fan-out, consumer reader");
    }
  }

  @Test
  void a_quiet_subscription_keeps_no_decoder_of_the_sdks() {
    int shards = 48;
    var wide = local.create("wide", shards);
    local.awaitConsumer(wide);
    var all = local.await(wide.shards());
    long before = heapInUse();
    var cursors = new ArrayList<ShardCursor>();
    for (var shard : all) {
      var cursor = wide.open(shard, StartingPosition.TRIM_HORIZON, claim);
      assertThat(local.await(cursor.fetch(PLENTY))).isInstanceOf(Fetched.Records.class);
      cursors.add(cursor);
    }
    long kept = (heapInUse() - before) / shards;

    System.out.printf(
        "a quiet subscription takes %,d bytes of heap, its server's included%n", kept);
    assertThat(local.subscriptions.made.size() - local.subscriptions.ended.get()).isEqualTo(shards);
    assertThat(kept).isLessThan(64 << 10);
    cursors.forEach(ShardCursor::close);
  }

  private static long heapInUse() {
    var memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }

  @Test
  void a_start_that_the_services_clock_has_not_reached_is_tried_again_soon() {
    var soon = StartingPosition.at(local.loop.now().plusSeconds(2));
    var reader = new Reader(stream, only(), soon, claim);
    reader.passing(Duration.ofSeconds(12));

    assertThat(told).containsExactly("enhanced fan-out, consumer reader");
    reader.readAfter(put(5));
    reader.hasAll();
  }

  @Test
  void a_right_that_is_missing_is_told_and_polling_goes_on() {
    local
        .server
        .faults()
        .add(
            Fault.error("AccessDeniedException", "no kinesis:SubscribeToShard")
                .on("SubscribeToShard"));
    var reader = new Reader(only());
    reader.readAfter(put(5));
    reader.readAfter(put(5));

    reader.hasAll();
    assertThat(told).hasSize(1);
    assertThat(told.get(0))
        .startsWith("polling, since SubscribeToShard on stream \"orders\"")
        .contains("AccessDeniedException")
        .contains("check credentials, clock and the rights to kinesis:SubscribeToShard");
  }

  @Test
  void a_stream_that_is_deleted_under_load_fails_the_fetch_by_its_name() {
    var reader = new Reader(only());
    reader.readAfter(put(5));
    local.direct.deleteStream(r -> r.streamName(NAME).enforceConsumerDeletion(true)).join();

    assertThat(reader.failure())
        .hasMessageContaining("\"orders\"")
        .extracting(StreamException::kind)
        .isEqualTo(StreamException.Kind.NOT_FOUND);
  }

  /** The stream as another worker of the application has it. */
  private KinesisStream another() {
    var theirs = local.open(NAME);
    local.awaitConsumer(theirs);
    return theirs;
  }

  private Shard only() {
    return local.await(stream.shards()).get(0);
  }

  private List<Position> put(int count) {
    var positions = new ArrayList<Position>();
    for (int i = 0; i < count; i++) {
      var key = "key-" + i;
      var answer =
          local
              .direct
              .putRecord(
                  r ->
                      r.streamName(NAME)
                          .partitionKey(key)
                          .data(SdkBytes.fromByteArray(new byte[200])))
              .join();
      var position = Position.of(answer.sequenceNumber());
      put.computeIfAbsent(new ShardId(answer.shardId()), none -> new ArrayList<>()).add(position);
      positions.add(position);
    }
    return positions;
  }

  private void print(String what, int renewals, Reader reader) {
    System.out.printf(
        "%s: %d records in order, %d subscriptions, %d renewals due at most, told %s%n",
        what, reader.read.size(), local.subscriptions.made.size(), renewals, told);
  }

  /** Reads one shard and keeps what it read. */
  private final class Reader {
    final Shard shard;
    final List<Position> read = new ArrayList<>();
    private final ShardCursor cursor;

    Reader(Shard shard) {
      this(stream, shard, StartingPosition.TRIM_HORIZON, claim);
    }

    Reader(KinesisStream of, Shard shard, StartingPosition from, ShardClaim as) {
      this.shard = shard;
      this.cursor = of.open(shard, from, as);
    }

    Position last() {
      return read.get(read.size() - 1);
    }

    void fetchOnce(long bytesMax) {
      take(local.await(cursor.fetch(bytesMax)));
    }

    /** Reads until all of these have come. */
    void readAfter(List<Position> wanted) {
      for (int fetches = 0; !read.contains(wanted.get(wanted.size() - 1)); fetches++) {
        assertThat(fetches).as("fetches for a record that was put").isLessThan(200);
        fetchOnce(PLENTY);
      }
    }

    void readAll() {
      var wanted = put.get(shard.id());
      if (wanted != null) {
        readAfter(wanted);
      }
    }

    /** Lets time pass, waiting for records as a reader at the tip does. */
    void passing(Duration time) {
      long until = local.loop.ticks() + time.toNanos();
      while (local.loop.ticks() < until) {
        // In strides, since the server's signs of life come in real time.
        long stride = Math.min(until - local.loop.ticks(), STRIDE.toNanos());
        local.loop.advance(Duration.ofNanos(Math.max(0, stride - 1_000_000_000L)));
        fetchOnce(PLENTY);
      }
    }

    List<Shard> readToEnd() {
      for (int fetches = 0; fetches < 200; fetches++) {
        var fetched = local.await(cursor.fetch(PLENTY));
        if (fetched instanceof Fetched.End end) {
          return end.children();
        }
        take(fetched);
      }
      throw new AssertionError("shard " + shard.id() + " does not end");
    }

    Fetched.Gap gap() {
      for (int fetches = 0; fetches < 200; fetches++) {
        var fetched = local.await(cursor.fetch(PLENTY));
        if (fetched instanceof Fetched.Gap gap) {
          return gap;
        }
        take(fetched);
      }
      throw new AssertionError("no gap in " + shard.id() + " is told");
    }

    StreamException failure() {
      for (int fetches = 0; fetches < 200; fetches++) {
        try {
          take(local.await(cursor.fetch(PLENTY)));
        } catch (RuntimeException failed) {
          return (StreamException) failed.getCause();
        }
      }
      throw new AssertionError("no fetch of " + shard.id() + " fails");
    }

    void hasAll() {
      assertThat(read).isEqualTo(put.get(shard.id()));
    }

    private void take(Fetched fetched) {
      ((Fetched.Records) fetched).records().stream().map(StreamRecord::position).forEach(read::add);
    }
  }
}
