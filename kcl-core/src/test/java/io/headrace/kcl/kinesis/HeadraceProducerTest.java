package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.ProducerProperties.failureOf;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.kinesis.ProducerMachine.Patience;
import io.headrace.kcl.kinesis.ProducerSettings.Aggregation;
import io.headrace.kcl.kinesis.PutException.Reason;
import io.headrace.kcl.kinesis.ShardedKinesis.Reader;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

class HeadraceProducerTest {
  private static final ProducerSettings AT_ONCE =
      ProducerSettings.DEFAULT.withoutRateLimit().lingering(Duration.ZERO);

  private final SimulatedLoop loop = new SimulatedLoop(3);
  private final ScriptedKinesis scripted = new ScriptedKinesis(loop);
  private final ShardedKinesis sharded = new ShardedKinesis(loop, new SplittableRandom(4), 2);

  @Test
  void lingers_for_others_to_travel_with_and_not_longer() {
    var producer = scripted(ProducerSettings.DEFAULT.lingering(Duration.ofMillis(20)));
    var first = put(producer, "a", "1");
    loop.advance(Duration.ofMillis(15));
    var second = put(producer, "b", "2");
    assertThat(scripted.putsAsked).isEmpty();
    loop.advance(Duration.ofMillis(5));

    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    assertThat(scripted.putsAsked).hasSize(1);
    assertThat(scripted.putsAskedAtMillis).containsExactly(20L);
  }

  @Test
  void sends_a_full_call_without_lingering() {
    var producer = scripted(ProducerSettings.DEFAULT.lingering(Duration.ofMinutes(1)));
    var stages = IntStream.range(0, 500).mapToObj(i -> put(producer, "k" + i, "x")).toList();
    loop.runUntilIdle();
    assertThat(stages).allSatisfy(stage -> assertThat(stage).isCompleted());
    assertThat(scripted.putsAsked).hasSize(1);
  }

  @Test
  void a_flush_ends_the_lingering_and_completes_when_all_before_it_is_told() {
    var producer = scripted(ProducerSettings.DEFAULT.lingering(Duration.ofMinutes(1)));
    var call = new CompletableFuture<PutRecordsResponse>();
    scripted.puts.add(call);
    var stage = put(producer, "a", "1");
    var flushed = producer.flush().toCompletableFuture();
    loop.advance(Duration.ofMillis(1));
    var later = put(producer, "b", "2");
    loop.runUntilIdle();
    assertThat(flushed).isNotDone();

    call.complete(ScriptedKinesis.stored(scripted.putsAsked.get(0)).join());
    loop.runUntilIdle();

    assertThat(flushed).isCompleted();
    assertThat(stage).isCompleted();
    assertThat(later).isNotDone();
    assertThat(producer.flush().toCompletableFuture()).isNotDone();
  }

  @Test
  void refuses_beyond_its_bound_tells_when_there_is_room_and_loses_nothing() {
    var producer = scripted(AT_ONCE.holding(10_000));
    var call = new CompletableFuture<PutRecordsResponse>();
    scripted.puts.add(call);
    var taken = put(producer, "a", "x".repeat(9_000));
    var beyond = put(producer, "b", "x".repeat(2_000));
    loop.runUntilIdle();

    assertThat(failureOf(beyond).reason()).isEqualTo(Reason.FULL);
    assertThat(failureOf(beyond)).hasMessageContainingAll("orders", "10000", "room()");
    assertThat(producer.hasRoom()).isFalse();
    var room = producer.room().toCompletableFuture();
    assertThat(room).isNotDone();

    call.complete(ScriptedKinesis.stored(scripted.putsAsked.get(0)).join());
    loop.runUntilIdle();
    assertThat(taken).isCompleted();
    assertThat(room).isCompleted();
    var again = put(producer, "b", "x".repeat(2_000));
    loop.runUntilIdle();
    assertThat(again).isCompleted();
    assertThat(producer.room().toCompletableFuture()).isCompleted();
  }

  @Test
  void takes_a_record_beyond_the_bound_when_it_holds_nothing_else() {
    var producer = scripted(AT_ONCE.holding(100));
    var large = put(producer, "a", "x".repeat(5_000));
    loop.runUntilIdle();
    assertThat(large).isCompleted();
  }

  @Test
  void without_order_records_of_one_key_share_a_call() {
    var producer = scripted(AT_ONCE);
    for (int i = 0; i < 10; i++) {
      var unused = put(producer, "same", "x" + i);
    }
    loop.runUntilIdle();
    assertThat(scripted.putsAsked).extracting(r -> r.records().size()).containsExactly(10);
  }

  @Test
  void in_order_all_that_wait_of_a_key_ride_in_one_aggregate() {
    var producer = scripted(AT_ONCE.ordered().aggregating(Aggregation.BY_KEY));
    var call = new CompletableFuture<PutRecordsResponse>();
    scripted.puts.add(call);
    var first = put(producer, "a", "0");
    loop.runUntilIdle();
    var waiting = IntStream.range(1, 20).mapToObj(i -> put(producer, "a", "" + i)).toList();
    loop.runUntilIdle();
    assertThat(scripted.putsAsked).hasSize(1);

    call.complete(ScriptedKinesis.stored(scripted.putsAsked.get(0)).join());
    loop.runUntilIdle();

    assertThat(first).isCompleted();
    assertThat(scripted.putsAsked).hasSize(2);
    assertThat(unpacked(scripted.putsAsked.get(1), 0))
        .containsExactlyElementsOf(IntStream.range(1, 20).mapToObj(i -> "" + i).toList());
    for (int i = 0; i < waiting.size(); i++) {
      assertThat(waiting.get(i).join().position().subSequence()).isEqualTo(i);
    }
    assertThat(producer.figures().recordsPerStreamRecord()).isEqualTo(10);
  }

  @Test
  void headers_travel_in_the_envelope_whatever_the_aggregation() {
    var producer = scripted(AT_ONCE);
    var stage =
        producer
            .put(new Entry("key", "data".getBytes(UTF_8), Map.of(Entry.ID, "7")))
            .toCompletableFuture();
    loop.runUntilIdle();
    var record = Aggregate.unpack(data(scripted.putsAsked.get(0), 0)).records().get(0);
    assertThat(record.partitionKey()).isEqualTo("key");
    assertThat(record.tags()).containsExactly(Map.entry(Entry.ID, "7"));
    assertThat(stage.join().position().subSequence()).isZero();
  }

  @Test
  void a_payload_that_looks_like_an_aggregate_comes_out_whole() {
    byte[] looks = new AggregateWriter().add("inner", new byte[] {1}).bytes();
    var producer = scripted(AT_ONCE.aggregating(Aggregation.BY_KEY));
    var stage = producer.put(new Entry("key", looks)).toCompletableFuture();
    loop.runUntilIdle();
    assertThat(stage).isCompleted();
    var records = Aggregate.unpack(data(scripted.putsAsked.get(0), 0)).records();
    assertThat(records).hasSize(1);
    assertThat(records.get(0).data()).isEqualTo(looks);
  }

  @Test
  void aggregates_hold_keys_of_one_shard_and_no_more_bytes_than_they_may() {
    var producer = sharded.producer(AT_ONCE.aggregating(Aggregation.BY_SHARD).aggregatesOf(2_000));
    var warm = put(producer, "warm", "up");
    loop.advance(Duration.ofSeconds(1));
    assertThat(warm).isCompleted();
    sharded.putsAsked.clear();

    var stages = new ArrayList<CompletableFuture<Stored>>();
    for (int i = 0; i < 100; i++) {
      stages.add(put(producer, "key-" + i, "x".repeat(100)));
    }
    loop.advance(Duration.ofSeconds(1));

    assertThat(stages).allSatisfy(stage -> assertThat(stage).isCompleted());
    int streamRecords = 0;
    for (PutRecordsRequest request : sharded.putsAsked) {
      for (var record : request.records()) {
        streamRecords++;
        assertThat(record.data().asByteArrayUnsafe().length).isLessThanOrEqualTo(2_000);
        assertThat(record.explicitHashKey()).isNull();
      }
    }
    assertThat(streamRecords).isBetween(5, 12);
    assertThat(sharded.foundBy(Reader.OF_WHOLE_AGGREGATES)).hasSize(101);
    assertThat(producer.figures().misrouted()).isZero();
  }

  @Test
  void an_aggregate_of_which_a_part_landed_in_a_foreign_child_is_put_again_whole() {
    var one = new ShardedKinesis(loop, new SplittableRandom(4), 1);
    var producer = one.producer(AT_ONCE.ordered().aggregating(Aggregation.BY_SHARD));
    var warm = put(producer, "warm", "up");
    loop.advance(Duration.ofSeconds(2));
    assertThat(warm).isCompleted();

    one.splitOne();
    var stages = new ArrayList<CompletableFuture<Stored>>();
    for (int i = 0; i < 40; i++) {
      stages.add(put(producer, "key-" + i % 20, Integer.toString(i)));
    }
    loop.advance(Duration.ofSeconds(3));

    assertThat(stages).allSatisfy(stage -> assertThat(stage).isCompleted());
    assertThat(producer.figures().misrouted()).isPositive();
    assertThat(producer.figures().shardLists()).isEqualTo(2);
    // The KCL reads none of it, not even what landed where it belongs.
    var found = ShardedKinesis.byPlace(one.foundBy(Reader.OF_WHOLE_AGGREGATES));
    for (int i = 0; i < 40; i++) {
      Stored at = stages.get(i).join();
      assertThat(found).as("%d at %s", i, at).containsKey(at.shard() + " " + at.position());
      assertThat(found.get(at.shard() + " " + at.position()).data()).isEqualTo("" + i);
    }
  }

  @Test
  void an_aggregate_in_a_shard_that_is_never_listed_is_stored_only_if_it_has_one_key() {
    for (int keys : new int[] {1, 20}) {
      var one = new ShardedKinesis(loop, new SplittableRandom(4), 1);
      var producer =
          one.producer(
              AT_ONCE
                  .ordered()
                  .aggregating(Aggregation.BY_SHARD)
                  .livingFor(Duration.ofSeconds(30)));
      var warm = put(producer, "warm", "up");
      loop.advance(Duration.ofSeconds(2));
      assertThat(warm).isCompleted();

      one.listsRefused = 100;
      one.splitOne();
      var stages = new ArrayList<CompletableFuture<Stored>>();
      for (int i = 0; i < 40; i++) {
        stages.add(put(producer, "key-" + i % keys, Integer.toString(i)));
      }
      loop.advance(Duration.ofMinutes(1));

      if (keys == 1) {
        assertThat(stages).allSatisfy(stage -> assertThat(stage).isCompleted());
        continue;
      }
      // Those that landed where they belong, too: the KCL drops them with the others.
      assertThat(stages)
          .allSatisfy(
              stage -> {
                assertThat(failureOf(stage).reason()).isIn(Reason.EXPIRED, Reason.BEHIND_FAILED);
                assertThat(failureOf(stage).mayBeStored()).isTrue();
                assertThat(failureOf(stage)).hasMessageContaining("ListShards did not name");
              });
      assertThat(producer.figures().queuedRecords()).isZero();
    }
  }

  @Test
  void lists_shards_at_most_once_a_second_however_much_lands_elsewhere() {
    sharded.listsBehind = Duration.ofMillis(10);
    var producer = sharded.producer(AT_ONCE.aggregating(Aggregation.BY_SHARD));
    for (int i = 0; i < 50; i++) {
      sharded.splitOne();
      for (int k = 0; k < 20; k++) {
        var unused = put(producer, "key-" + k, "x");
      }
      loop.advance(Duration.ofMillis(100));
    }
    assertThat(sharded.listsAsked).isBetween(2, 6);
  }

  @Test
  void goes_without_a_list_of_shards_when_it_may_not_have_one() {
    sharded.listsRefused = 100;
    var producer =
        sharded.producer(ProducerSettings.DEFAULT.ordered().aggregating(Aggregation.BY_SHARD));
    var stages = IntStream.range(0, 50).mapToObj(i -> put(producer, "k" + i % 5, "x")).toList();
    loop.advance(Duration.ofMinutes(2));
    assertThat(stages).allSatisfy(stage -> assertThat(stage).isCompleted());
    assertThat(loop.nextDue()).as("an idle producer asks for nothing").isEmpty();
  }

  @Test
  void keeps_to_a_shards_records_a_second() {
    sharded.takesMax = Duration.ZERO;
    var one = new ShardedKinesis(loop, new SplittableRandom(4), 1);
    var producer = one.producer(ProducerSettings.DEFAULT.usingOfEachShard(0.1));
    var warm = put(producer, "warm", "up");
    loop.advance(Duration.ofSeconds(10));
    assertThat(warm).isCompleted();
    var stages = IntStream.range(0, 1_000).mapToObj(i -> put(producer, "k" + i, "x")).toList();
    long from = loop.ticks();
    loop.advance(Duration.ofSeconds(5));
    assertThat(stages.stream().filter(CompletableFuture::isDone).count()).isBetween(530L, 560L);
    loop.advance(Duration.ofSeconds(6));
    assertThat(stages).allSatisfy(stage -> assertThat(stage).isCompleted());
    assertThat(loop.ticks() - from).isEqualTo(Duration.ofSeconds(11).toNanos());
  }

  @Test
  void an_expired_record_says_so_and_that_it_is_surely_not_stored() {
    for (int i = 0; i < 200; i++) {
      scripted.puts.add(ScriptedKinesis.failing("ProvisionedThroughputExceededException", 400));
    }
    var producer = scripted(AT_ONCE.ordered().livingFor(Duration.ofSeconds(5)));
    var stage = put(producer, "a", "1");
    loop.advance(Duration.ofMillis(100));
    var behind = put(producer, "a", "2");
    loop.advance(Duration.ofMillis(4_899));
    assertThat(stage).isNotDone();
    loop.advance(Duration.ofMillis(2));

    assertThat(failureOf(stage).reason()).isEqualTo(Reason.EXPIRED);
    assertThat(failureOf(stage).mayBeStored()).isFalse();
    assertThat(failureOf(stage).kind()).isEqualTo(Kind.RETRYABLE);
    assertThat(failureOf(behind).reason()).isEqualTo(Reason.BEHIND_FAILED);
    assertThat(failureOf(behind)).hasMessageContaining("an earlier record of the key");
    assertThat(loop.nextDue()).isEmpty();
  }

  @Test
  void a_record_whose_call_was_never_answered_may_be_stored() {
    scripted.puts.add(new CompletableFuture<>());
    var producer = scripted(AT_ONCE.livingFor(Duration.ofSeconds(5)));
    var stage = put(producer, "a", "1");
    loop.advance(Duration.ofSeconds(9));
    assertThat(stage).as("under way, not answered").isNotDone();
    loop.advance(Duration.ofSeconds(2));
    assertThat(failureOf(stage).reason()).isEqualTo(Reason.EXPIRED);
    assertThat(failureOf(stage).mayBeStored()).isTrue();
  }

  @Test
  void one_record_that_the_service_takes_for_wrong_fails_alone() {
    var producer = scripted(AT_ONCE);
    var stages = IntStream.range(0, 8).mapToObj(i -> put(producer, "k" + i, "x" + i)).toList();
    // All eight, then halves: the bad one is the sixth.
    scripted.puts.add(invalid());
    scripted.puts.add(new CompletableFuture<>());
    loop.runUntilIdle();
    assertThat(scripted.putsAsked).extracting(r -> r.records().size()).startsWith(8, 4, 4);
    scripted.puts.clear();
    loop.advance(Duration.ofSeconds(30));
    assertThat(stages).allSatisfy(stage -> assertThat(stage).isCompleted());

    scripted.puts.add(invalid());
    scripted.puts.add(invalid());
    var bad = put(producer, "bad", "x");
    var good = put(producer, "good", "x");
    loop.runUntilIdle();
    assertThat(good).isCompleted();
    assertThat(failureOf(bad).reason()).isEqualTo(Reason.REFUSED);
    assertThat(failureOf(bad).kind()).isEqualTo(Kind.INVALID);
    assertThat(failureOf(bad)).hasMessageContaining("ValidationException");
  }

  @Test
  void a_record_that_waits_behind_a_wrong_one_is_not_called_wrong_itself() {
    var answer = new CompletableFuture<PutRecordsResponse>();
    scripted.puts.add(answer);
    var producer = scripted(AT_ONCE.ordered());
    var bad = put(producer, "a", "1");
    loop.runUntilIdle();
    var behind = put(producer, "a", "2");
    var unused = invalid().whenComplete((none, why) -> answer.completeExceptionally(why));
    loop.runUntilIdle();
    assertThat(failureOf(bad).kind()).isEqualTo(Kind.INVALID);
    assertThat(failureOf(behind).reason()).isEqualTo(Reason.BEHIND_FAILED);
    assertThat(failureOf(behind).kind()).isEqualTo(Kind.RETRYABLE);
  }

  @Test
  void what_a_proxy_says_of_a_record_is_tried_again() {
    scripted.puts.add(ScriptedKinesis.failing("", 404));
    scripted.puts.add(ScriptedKinesis.failing(new IllegalStateException("no buffer")));
    var stage = put(scripted(AT_ONCE.ordered()), "a", "1");
    loop.advance(Duration.ofSeconds(10));
    assertThat(stage).isCompleted();
  }

  @Test
  void a_record_that_no_stream_takes_fails_at_once() {
    var producer = scripted(AT_ONCE.holding(100_000_000));
    var stage = producer.put(new Entry("a", new byte[11 << 20])).toCompletableFuture();
    assertThat(failureOf(stage).reason()).isEqualTo(Reason.REFUSED);
    assertThat(failureOf(stage)).hasMessageContaining(Integer.toString((11 << 20) + 1));
  }

  @Test
  void keys_that_no_stream_takes_are_refused_where_the_entry_is_made() {
    assertThatThrownBy(() -> new Entry("", new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 to 256");
    assertThatThrownBy(() -> new Entry("k".repeat(257), new byte[0]))
        .hasMessageContaining("257 characters");
    // Characters are Unicode's: one of these is two of Java's.
    assertThat(new Entry("\uD83D\uDE00".repeat(256), new byte[0]).partitionKey()).hasSize(512);
    assertThatThrownBy(() -> new Entry("\uD83D\uDE00".repeat(257), new byte[0]))
        .hasMessageContaining("1 to 256 Unicode characters");
  }

  @Test
  void missing_credentials_and_a_missing_stream_fail_each_record_at_once() {
    var producer = scripted(AT_ONCE);
    scripted.puts.add(
        ScriptedKinesis.failing(
            SdkClientException.create("Unable to load credentials from any of the providers")));
    var refused = put(producer, "a", "1");
    loop.runUntilIdle();
    assertThat(failureOf(refused).kind()).isEqualTo(Kind.REFUSED);
    assertThat(failureOf(refused).mayBeStored()).isFalse();
    assertThat(failureOf(refused)).hasMessageContaining("credentials");

    scripted.puts.add(ScriptedKinesis.failing("ResourceNotFoundException", 400));
    var gone = put(producer, "a", "1");
    loop.runUntilIdle();
    assertThat(failureOf(gone).kind()).isEqualTo(Kind.NOT_FOUND);
  }

  @Test
  void closing_sends_what_it_has_and_takes_nothing_more() {
    var producer = scripted(ProducerSettings.DEFAULT.lingering(Duration.ofMinutes(1)));
    var before = put(producer, "a", "1");
    var closed = producer.close(Duration.ofSeconds(5)).toCompletableFuture();
    var after = put(producer, "b", "2");
    loop.runUntilIdle();

    assertThat(before).isCompleted();
    assertThat(failureOf(after).reason()).isEqualTo(Reason.CLOSED);
    assertThat(closed).isCompleted();
    assertThat(producer.flush().toCompletableFuture()).isCompleted();
    loop.runUntilIdle();
    assertThat(loop.nextDue()).isEmpty();
  }

  @Test
  void closing_fails_what_is_not_stored_in_time_and_says_what_may_be() {
    scripted.puts.add(new CompletableFuture<>());
    var producer = scripted(AT_ONCE.ordered());
    var underWay = put(producer, "a", "1");
    var waiting = put(producer, "a", "2");
    var closed = producer.close(Duration.ofSeconds(2)).toCompletableFuture();
    loop.advance(Duration.ofMillis(1_999));
    assertThat(closed).isNotDone();
    loop.advance(Duration.ofMillis(1));

    assertThat(closed).isCompleted();
    assertThat(failureOf(underWay).mayBeStored()).isTrue();
    assertThat(failureOf(waiting).mayBeStored()).isFalse();
    assertThat(loop.nextDue()).isEmpty();
  }

  @Test
  void figures_add_up() {
    scripted.puts.add(
        CompletableFuture.completedFuture(
            PutRecordsResponse.builder()
                .records(
                    PutRecordsResultEntry.builder()
                        .errorCode("ProvisionedThroughputExceededException")
                        .errorMessage("slow")
                        .build(),
                    PutRecordsResultEntry.builder().shardId("s").sequenceNumber("1").build())
                .build()));
    var producer = scripted(AT_ONCE);
    var unused = List.of(put(producer, "a", "123"), put(producer, "b", "1"));
    loop.runUntilIdle();
    assertThat(producer.figures().queuedRecords()).isEqualTo(1);
    loop.advance(Duration.ofSeconds(1));
    var figures = producer.figures();
    assertThat(figures.put()).isEqualTo(2);
    assertThat(figures.stored()).isEqualTo(2);
    assertThat(figures.storedBytes()).isEqualTo(6);
    assertThat(figures.calls()).isEqualTo(2);
    assertThat(figures.throttled()).isEqualTo(1);
    assertThat(figures.retries()).isEqualTo(1);
    assertThat(figures.failed()).isZero();
    assertThat(figures.queuedRecords()).isZero();
    assertThat(figures.callsUnderWay()).isZero();
  }

  @Test
  void settings_out_of_range_name_the_field_and_the_value() {
    assertThatThrownBy(() -> ProducerSettings.DEFAULT.calling(1, 501))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("recordsPerCallMax", "501");
    assertThatThrownBy(() -> ProducerSettings.DEFAULT.usingOfEachShard(Double.NaN))
        .hasMessageContainingAll("shardShare", "NaN");
  }

  private HeadraceProducer scripted(ProducerSettings settings) {
    return new HeadraceProducer(scripted.calls(), settings, Patience.SINCE_PUT, () -> {});
  }

  private static CompletableFuture<Stored> put(HeadraceProducer producer, String key, String data) {
    return producer.put(new Entry(key, data.getBytes(UTF_8))).toCompletableFuture();
  }

  private static CompletableFuture<PutRecordsResponse> invalid() {
    return ScriptedKinesis.failing("ValidationException", 400);
  }

  private static byte[] data(PutRecordsRequest request, int index) {
    return request.records().get(index).data().asByteArrayUnsafe();
  }

  private static List<String> unpacked(PutRecordsRequest request, int index) {
    return Aggregate.unpack(data(request, index)).records().stream()
        .map(record -> new String(record.data(), UTF_8))
        .toList();
  }
}
