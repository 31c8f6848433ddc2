package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

class KinesisSinkTest {
  private static final String THROTTLED = "ProvisionedThroughputExceededException";

  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final ScriptedKinesis kinesis = new ScriptedKinesis(loop);
  private final KinesisSink sink = KinesisSink.plain(kinesis.calls());

  @Test
  void writes_different_keys_in_calls_of_500() {
    var stage = put(IntStream.range(0, 1_200).mapToObj(i -> entry("key-" + i, 10)).toList());

    assertThat(stage).isCompleted();
    assertThat(kinesis.putsAsked)
        .extracting(r -> r.records().size())
        .containsExactly(500, 500, 200);
  }

  @Test
  void keeps_a_call_within_five_megabytes() {
    assertThat(put(IntStream.range(0, 12).mapToObj(i -> entry("key-" + i, 1_000_000)).toList()))
        .isCompleted();
    assertThat(kinesis.putsAsked).extracting(r -> r.records().size()).containsExactly(5, 5, 2);
  }

  @Test
  void sends_a_record_beyond_the_common_size_alone() {
    assertThat(put(List.of(entry("a", 10), entry("b", 2_000_000), entry("c", 10)))).isCompleted();
    assertThat(kinesis.putsAsked).extracting(r -> r.records().size()).containsExactly(1, 1, 1);
  }

  @Test
  void what_was_packed_and_landed_in_a_shard_that_is_not_listed_is_told_and_stored_later() {
    var split = new ShardedKinesis(loop, new SplittableRandom(4), 1);
    var packing = KinesisSink.packing(split.calls());
    var entries = IntStream.range(0, 20).mapToObj(i -> entry("key-" + i, 10)).toList();
    var before = packing.put(entries).toCompletableFuture();
    loop.advance(Duration.ofSeconds(2));
    assertThat(before).isCompleted();

    split.listsRefused = 100;
    split.splitOne();
    var unlisted = packing.put(entries).toCompletableFuture();
    loop.advance(Duration.ofSeconds(25));
    assertThat(unlisted).isNotDone();
    loop.advance(Duration.ofSeconds(40));
    assertThat(failureOf(unlisted).kind()).isEqualTo(Kind.RETRYABLE);
    assertThat(failureOf(unlisted)).hasMessageContainingAll("orders", "kinesis:ListShards");

    split.listsRefused = 0;
    var again = packing.put(entries).toCompletableFuture();
    loop.advance(Duration.ofSeconds(40));
    assertThat(again).isCompleted();
    assertThat(again.join().stream().map(Stored::shard).distinct()).hasSize(2);
  }

  @Test
  void refuses_a_record_that_no_stream_takes_and_sends_nothing() {
    var stage = put(List.of(entry("a", 10), entry("b", 11_000_000)));
    assertThat(failureOf(stage).kind()).isEqualTo(Kind.INVALID);
    assertThat(failureOf(stage)).hasMessageContainingAll("orders", "11000001");
    assertThat(kinesis.putsAsked).isEmpty();
  }

  @Test
  void does_not_send_a_record_before_the_former_of_its_key_is_stored() {
    var first = new CompletableFuture<PutRecordsResponse>();
    kinesis.puts.add(first);
    assertThat(put(List.of(entry("a", 1), entry("a", 2), entry("b", 3)))).isNotDone();
    assertThat(put(List.of(entry("a", 4)))).isNotDone();
    assertThat(sizes()).containsExactly(List.of(1, 3));

    first.complete(ScriptedKinesis.stored(kinesis.putsAsked.get(0)).join());
    loop.runUntilIdle();

    assertThat(sizes()).containsExactly(List.of(1, 3), List.of(2), List.of(4));
  }

  @Test
  void tells_for_each_entry_where_it_was_stored_in_the_order_given() {
    kinesis.puts.add(answer("7", "8"));
    kinesis.puts.add(answer("9"));
    var stage = put(List.of(entry("a", 1), entry("a", 2), entry("b", 3)));
    assertThat(stage.join())
        .extracting(stored -> stored.position().sequence().value())
        .containsExactly("7", "9", "8");
  }

  @Test
  void sends_again_only_what_failed_and_only_after_a_while() {
    kinesis.puts.add(answer("1", THROTTLED, "3"));
    var stage = put(List.of(entry("a", 1), entry("b", 2), entry("c", 3), entry("b", 4)));
    assertThat(stage).isNotDone();

    loop.advance(Duration.ofMillis(250));

    assertThat(stage).isCompleted();
    assertThat(sizes()).containsExactly(List.of(1, 2, 3), List.of(2), List.of(4));
    assertThat(kinesis.putsAskedAtMillis.get(1)).isBetween(200L, 250L);
  }

  @Test
  void sends_everything_again_when_the_call_failed() {
    kinesis.puts.add(ScriptedKinesis.failing("InternalFailure", 500));
    kinesis.puts.add(new CompletableFuture<>());
    var stage = put(List.of(entry("a", 1), entry("b", 2)));
    loop.advance(Duration.ofSeconds(11));
    assertThat(stage).isCompleted();
    assertThat(kinesis.putsAsked).hasSizeBetween(3, 4);
  }

  @Test
  void fails_at_once_when_there_is_no_stream_and_forgets_the_records() {
    kinesis.puts.add(ScriptedKinesis.failing("ResourceNotFoundException", 400));
    var stage = put(List.of(entry("a", 1), entry("a", 2)));
    assertThat(failureOf(stage).kind()).isEqualTo(Kind.NOT_FOUND);

    assertThat(put(List.of(entry("a", 3)))).isCompleted();
    assertThat(sizes()).containsExactly(List.of(1), List.of(3));
  }

  @Test
  void fails_with_a_put_those_behind_it_that_would_overtake_it() {
    kinesis.puts.add(ScriptedKinesis.failing("AccessDeniedException", 400));
    var first = sink.put(List.of(entry("a", 1), entry("a", 2))).toCompletableFuture();
    var behind = sink.put(List.of(entry("b", 3), entry("a", 4))).toCompletableFuture();
    var behindThat = sink.put(List.of(entry("b", 5))).toCompletableFuture();
    var apart = sink.put(List.of(entry("c", 6))).toCompletableFuture();
    loop.advance(Duration.ofSeconds(1));

    assertThat(failureOf(first).kind()).isEqualTo(Kind.REFUSED);
    assertThat(failureOf(behind).kind()).isEqualTo(Kind.REFUSED);
    assertThat(failureOf(behindThat).kind()).isEqualTo(Kind.REFUSED);
    assertThat(apart).isCompleted();
  }

  @Test
  void gives_up_what_fails_for_half_a_minute() {
    IntStream.range(0, 100).forEach(i -> kinesis.puts.add(ScriptedKinesis.failing(THROTTLED, 400)));
    var stage = put(List.of(entry("a", 1)));
    loop.advance(Duration.ofSeconds(29));
    assertThat(stage).isNotDone();
    loop.advance(Duration.ofSeconds(8));
    assertThat(failureOf(stage).kind()).isEqualTo(Kind.RETRYABLE);
  }

  @Test
  void holds_back_what_is_beyond_the_bound_and_sends_it_in_order() {
    var calls = new ArrayList<CompletableFuture<PutRecordsResponse>>();
    for (int i = 0; i < 60; i++) {
      var call = new CompletableFuture<PutRecordsResponse>();
      calls.add(call);
      kinesis.puts.add(call);
    }
    var stage = put(IntStream.range(0, 50).mapToObj(i -> entry("key-" + i, 1_000_000)).toList());

    for (int sent = 0; !stage.isDone(); sent++) {
      long outstanding =
          kinesis.putsAsked.subList(sent, kinesis.putsAsked.size()).stream()
              .flatMap(r -> r.records().stream())
              .mapToLong(r -> r.data().asByteArrayUnsafe().length)
              .sum();
      assertThat(outstanding).isLessThanOrEqualTo(20L * 1024 * 1024);
      assertThat(kinesis.putsAsked.size() - sent).isLessThanOrEqualTo(4);
      calls.get(sent).complete(ScriptedKinesis.stored(kinesis.putsAsked.get(sent)).join());
      loop.runUntilIdle();
    }
    assertThat(kinesis.putsAsked.stream().flatMap(r -> r.records().stream()))
        .extracting(r -> r.partitionKey())
        .containsExactlyElementsOf(IntStream.range(0, 50).mapToObj(i -> "key-" + i).toList());
  }

  @Test
  void keeps_the_order_of_every_key_whatever_fails() {
    for (long seed = 0; seed < 50; seed++) {
      var random = new SplittableRandom(seed);
      var own = new SimulatedLoop(seed);
      var stored = new HashMap<String, List<Integer>>();
      var service = new FlakyKinesis(own, random, stored);
      var flaky = KinesisSink.plain(service.calls());
      var expected = new HashMap<String, List<Integer>>();
      var stages = new ArrayList<CompletableFuture<List<Stored>>>();
      int number = 1;
      for (int put = 0; put < 20; put++) {
        var entries = new ArrayList<Entry>();
        for (int i = random.nextInt(1, 30); i > 0; i--) {
          var key = "key-" + random.nextInt(7);
          expected.computeIfAbsent(key, k -> new ArrayList<>()).add(number);
          entries.add(entry(key, number++));
        }
        stages.add(flaky.put(entries).toCompletableFuture());
        own.advance(Duration.ofMillis(random.nextInt(300)));
      }
      own.advance(Duration.ofMinutes(10));
      assertThat(stages).as("seed %d", seed).allSatisfy(s -> assertThat(s).isCompleted());
      assertThat(stored).as("seed %d", seed).isEqualTo(expected);
    }
  }

  @Test
  void fails_what_is_not_stored_when_it_is_closed() {
    kinesis.puts.add(new CompletableFuture<>());
    var stage = put(List.of(entry("a", 1), entry("a", 2)));
    sink.close();
    loop.runUntilIdle();
    assertThat(failureOf(stage)).hasMessageContaining("closed");
    assertThat(failureOf(put(List.of(entry("b", 1))))).hasMessageContaining("closed");
    loop.advance(Duration.ofMinutes(1));
    assertThat(loop.nextDue()).isEmpty();
  }

  @Test
  void has_nothing_to_do_for_nothing() {
    assertThat(put(List.of())).isCompletedWithValue(List.of());
  }

  private CompletableFuture<List<Stored>> put(List<Entry> entries) {
    var stage = sink.put(entries).toCompletableFuture();
    loop.runUntilIdle();
    return stage;
  }

  private List<List<Integer>> sizes() {
    return kinesis.putsAsked.stream().map(KinesisSinkTest::sizes).toList();
  }

  private static List<Integer> sizes(PutRecordsRequest request) {
    return request.records().stream().map(r -> r.data().asByteArrayUnsafe().length).toList();
  }

  /** The number of bytes tells records apart. */
  private static Entry entry(String key, int bytes) {
    return new Entry(key, new byte[bytes]);
  }

  private static CompletableFuture<PutRecordsResponse> answer(String... results) {
    var entries = new ArrayList<PutRecordsResultEntry>();
    for (String result : results) {
      entries.add(
          result.equals(THROTTLED)
              ? PutRecordsResultEntry.builder().errorCode(result).errorMessage("slow").build()
              : PutRecordsResultEntry.builder().shardId("s").sequenceNumber(result).build());
    }
    return CompletableFuture.completedFuture(PutRecordsResponse.builder().records(entries).build());
  }

  private static StreamException failureOf(CompletableFuture<?> stage) {
    assertThat(stage).isCompletedExceptionally();
    try {
      stage.get();
      throw new AssertionError("it did not fail");
    } catch (ExecutionException failed) {
      return (StreamException) failed.getCause();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }
}
