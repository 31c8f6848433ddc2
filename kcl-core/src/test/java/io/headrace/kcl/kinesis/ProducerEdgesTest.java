package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.ProducerProperties.failureOf;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.kinesis.ProducerMachine.Patience;
import io.headrace.kcl.kinesis.ProducerSettings.Aggregation;
import io.headrace.kcl.kinesis.PutException.Reason;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/** What happens at the bounds of a producer: where lanes fail, bytes run out, calls are full. */
class ProducerEdgesTest {
  private static final ProducerSettings AT_ONCE =
      ProducerSettings.DEFAULT.withoutRateLimit().lingering(Duration.ZERO);

  private final SimulatedLoop loop = new SimulatedLoop(3);
  private final ScriptedKinesis scripted = new ScriptedKinesis(loop);

  @Test
  void a_record_put_behind_one_that_failed_with_its_put_while_under_way_is_sent() {
    for (String code : List.of("ResourceNotFoundException", "InternalFailure", "")) {
      var kinesis = new ScriptedKinesis(loop);
      var sink = KinesisSink.plain(kinesis.calls());
      var large = new CompletableFuture<PutRecordsResponse>();
      var small = new CompletableFuture<PutRecordsResponse>();
      kinesis.puts.add(large);
      kinesis.puts.add(small);
      // The large one travels alone, so that the two are in different calls.
      var first = sink.put(List.of(entry("a", 2_000_000), entry("b", 1))).toCompletableFuture();
      loop.runUntilIdle();
      assertThat(kinesis.putsAsked).hasSize(2);
      answer(large, ScriptedKinesis.failing("ResourceNotFoundException", 400));
      loop.runUntilIdle();
      assertThat(first).isCompletedExceptionally();

      var later = sink.put(List.of(entry("b", 2))).toCompletableFuture();
      loop.runUntilIdle();
      assertThat(later).as("behind one that is under way").isNotDone();
      answer(
          small,
          code.isEmpty()
              ? ScriptedKinesis.stored(kinesis.putsAsked.get(1))
              : ScriptedKinesis.failing(code, code.equals("InternalFailure") ? 500 : 400));
      loop.advance(Duration.ofMinutes(1));
      assertThat(later).as(code).isCompleted();
    }
  }

  @Test
  void a_call_refused_for_good_takes_only_what_was_put_before() {
    // As above, with the call cut into halves and an aggregate taken apart in between.
    var producer =
        new HeadraceProducer(
            scripted.calls(),
            AT_ONCE.ordered().aggregating(Aggregation.BY_KEY),
            Patience.SINCE_FAILURE,
            () -> {});
    var calls = new ArrayList<CompletableFuture<PutRecordsResponse>>();
    for (int i = 0; i < 2; i++) {
      calls.add(new CompletableFuture<>());
      scripted.puts.add(calls.get(i));
    }
    var first =
        producer
            .putAll(List.of(entry("a", 2_000_000), entry("b", 1), entry("b", 2)))
            .toCompletableFuture();
    loop.runUntilIdle();
    answer(calls.get(0), ScriptedKinesis.failing("ResourceNotFoundException", 400));
    loop.runUntilIdle();
    assertThat(first).isCompletedExceptionally();
    var later = producer.putAll(List.of(entry("b", 3), entry("b", 4))).toCompletableFuture();
    loop.runUntilIdle();
    answer(calls.get(1), ScriptedKinesis.failing("ValidationException", 400));
    loop.advance(Duration.ofMinutes(1));
    assertThat(later).isCompleted();
    assertThat(producer.figures().queuedRecords()).isZero();
  }

  @Test
  @Timeout(60)
  void a_hundred_thousand_records_of_one_key_fail_as_fast_as_they_came() {
    for (int i = 0; i < 200; i++) {
      scripted.puts.add(ScriptedKinesis.failing("ProvisionedThroughputExceededException", 400));
    }
    var producer = scripted(AT_ONCE.ordered().holding(1L << 30).livingFor(Duration.ofSeconds(5)));
    var stages = IntStream.range(0, 100_000).mapToObj(i -> put(producer, "same", "x")).toList();
    loop.advance(Duration.ofSeconds(6));
    assertThat(failureOf(stages.get(0)).reason()).isEqualTo(Reason.EXPIRED);
    assertThat(failureOf(stages.get(99_999)).reason()).isEqualTo(Reason.BEHIND_FAILED);
  }

  @Test
  @Timeout(60)
  void a_put_of_a_hundred_thousand_records_fails_as_fast_as_it_came() {
    scripted.puts.add(ScriptedKinesis.failing("ResourceNotFoundException", 400));
    var sink = KinesisSink.plain(scripted.calls());
    var stage =
        sink.put(IntStream.range(0, 100_000).mapToObj(i -> entry("k" + i % 3, 1)).toList())
            .toCompletableFuture();
    loop.runUntilIdle();
    assertThat(stage).isCompletedExceptionally();
  }

  @Test
  void whoever_is_told_that_a_record_is_stored_finds_its_room() {
    var producer = scripted(AT_ONCE.holding(10_000));
    var next =
        put(producer, "a", "x".repeat(9_000))
            .thenCompose(stored -> put(producer, "b", "x".repeat(9_000)));
    loop.runUntilIdle();
    assertThat(next).isCompleted();
  }

  @Test
  void a_record_that_was_too_large_once_does_not_keep_others_waiting_for_ever() {
    var room = new ByteRoom(100);
    assertThat(room.take(50)).isTrue();
    assertThat(room.take(120)).isFalse();
    assertThat(room.await().toCompletableFuture()).as("for the large one").isNotDone();
    room.give(50);
    assertThat(room.await().toCompletableFuture()).isCompleted();
    assertThat(room.take(120)).isTrue();
    room.give(120);

    assertThat(room.take(50)).isTrue();
    assertThat(room.isThere()).isTrue();
    assertThat(room.await().toCompletableFuture()).as("a quarter is free").isCompleted();
  }

  @Test
  void a_flush_does_not_linger_for_what_was_put_after_it() {
    var producer = scripted(ProducerSettings.DEFAULT.ordered().lingering(Duration.ofMinutes(1)));
    var call = new CompletableFuture<PutRecordsResponse>();
    scripted.puts.add(call);
    var first = put(producer, "a", "1");
    var second = put(producer, "a", "2");
    var flushed = producer.flush().toCompletableFuture();
    loop.advance(Duration.ofMillis(1));
    var after = put(producer, "b", "3");
    loop.runUntilIdle();
    answer(call, ScriptedKinesis.stored(scripted.putsAsked.get(0)));
    loop.advance(Duration.ofSeconds(1));
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    assertThat(flushed).isCompleted();
    assertThat(after).as("travels along").isCompleted();
  }

  @Test
  void a_record_that_travels_alone_has_its_turn_however_busy_the_other_shards_are() {
    var kinesis = new ShardedKinesis(loop, new SplittableRandom(4), 4);
    var producer =
        kinesis.producer(
            AT_ONCE
                .aggregating(Aggregation.BY_SHARD)
                .aggregatesOf(100)
                .holding(1L << 30)
                .calling(1, 500));
    var warm = put(producer, "warm", "up");
    loop.advance(Duration.ofSeconds(1));
    assertThat(warm).isCompleted();
    feed(producer, 4_000);
    var large = put(producer, "large", "x".repeat(1_500_000));
    for (int i = 0; i < 20; i++) {
      feed(producer, 1_000);
      loop.advance(Duration.ofMillis(80));
    }
    assertThat(producer.figures().queuedRecords()).as("others wait all the time").isPositive();
    assertThat(large).isCompleted();
  }

  private static void feed(HeadraceProducer producer, int records) {
    for (int i = 0; i < records; i++) {
      var unused = put(producer, "key-" + i, "x".repeat(60));
    }
  }

  private HeadraceProducer scripted(ProducerSettings settings) {
    return new HeadraceProducer(scripted.calls(), settings, Patience.SINCE_PUT, () -> {});
  }

  private static void answer(
      CompletableFuture<PutRecordsResponse> call, CompletableFuture<PutRecordsResponse> with) {
    var unused =
        with.whenComplete(
            (response, failure) -> {
              if (failure != null) {
                call.completeExceptionally(failure);
              } else {
                call.complete(response);
              }
            });
  }

  private static CompletableFuture<Stored> put(HeadraceProducer producer, String key, String data) {
    return producer.put(new Entry(key, data.getBytes(UTF_8))).toCompletableFuture();
  }

  private static Entry entry(String key, int bytes) {
    return new Entry(key, new byte[bytes]);
  }
}
