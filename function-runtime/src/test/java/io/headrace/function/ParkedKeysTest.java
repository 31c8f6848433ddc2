package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.ShardHandler.Outcome;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Keys that keep failing, parked and resumed, on a simulated loop. */
class ParkedKeysTest {
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);
  private static final HashRange LOWER =
      new HashRange(BigInteger.ZERO, HALF.subtract(BigInteger.ONE));
  private static final HashRange UPPER = new HashRange(HALF, HashRange.ALL.last());

  /** Its MD5 begins with 92: it belongs to the upper half. */
  private static final String HIGH = "b";

  private final Set<String> broken = new HashSet<>();
  private final List<String> handled = new ArrayList<>();
  private final CountingChunks chunks = new CountingChunks();

  @Test
  void a_key_that_fails_for_ten_seconds_is_parked_and_the_position_passes_its_records() {
    var rig = rig(policy -> policy);
    broken.add("a");
    var first = rig.put("a", "1");
    var second = rig.put("a", "2");
    var other = rig.put("b", "1");

    rig.advance(9_900);
    assertThat(rig.settled.keySet()).containsExactly(other);
    rig.advance(1_000);

    assertThat(rig.settled).containsEntry(first, Outcome.PARKED);
    assertThat(rig.settled).containsEntry(second, Outcome.PARKED);
    assertThat(rig.events(FunctionEvent.KeyParked.class))
        .singleElement()
        .satisfies(parked -> assertThat(parked.first()).isEqualTo(first))
        .satisfies(parked -> assertThat(parked.load().keys()).isEqualTo(1))
        .satisfies(parked -> assertThat(parked.load().records()).isEqualTo(2));
    assertThat(handled).containsExactly("b1");
  }

  @Test
  void a_call_of_a_parked_record_that_does_not_come_back_is_told_to_the_watchdog() {
    AsyncRecordFunction<String, String> hanging =
        (event, out) ->
            event.attempt().number() == 1
                ? CompletableFuture.failedFuture(new IllegalStateException("broken"))
                : new CompletableFuture<>();
    var rig = new Rig(1, Rig.reading().handledAsyncBy(() -> hanging, Destination.nowhere()));
    rig.chunks = chunks;
    rig.start().restore();
    rig.put("a", "1");
    rig.put("a", "2");
    rig.advance(5_000);
    assertThat(rig.handler().parkedCallsOverdue()).isZero();

    rig.advance(60_000);

    assertThat(rig.events(FunctionEvent.KeyParked.class)).hasSize(1);
    assertThat(rig.settled).hasSize(2);
    assertThat(rig.handler().parkedCallsOverdue())
        .isBetween(Duration.ofSeconds(60), Duration.ofSeconds(65));
  }

  @Test
  void many_waiting_records_park_a_key_at_once() {
    var rig = rig(policy -> policy);
    broken.add("a");
    for (int i = 1; i <= 64; i++) {
      rig.put("a", "" + i);
    }
    rig.advance(500);

    assertThat(rig.settled).hasSize(64);
    assertThat(rig.events(FunctionEvent.KeyParked.class)).hasSize(1);
  }

  @Test
  void many_waiting_bytes_park_a_key_at_once() {
    var rig = rig(policy -> policy);
    broken.add("a");
    rig.put("a", "1");
    rig.put("a", "x".repeat(600_000));
    rig.put("a", "y".repeat(600_000));
    rig.advance(500);
    broken.clear();
    rig.advance(60_000);

    assertThat(rig.settled.values()).containsOnly(Outcome.PARKED);
    assertThat(outcomes(rig)).containsExactly(Outcome.HANDLED, Outcome.HANDLED, Outcome.HANDLED);
  }

  @Test
  void a_parked_key_resumes_by_itself_and_its_records_follow_in_order() {
    var rig = rig(policy -> policy);
    broken.add("a");
    for (int i = 1; i <= 300; i++) {
      rig.put("a", i + " ");
      rig.advance(100);
    }
    assertThat(rig.settled).hasSizeGreaterThan(290);
    broken.clear();
    for (int i = 301; i <= 320; i++) {
      rig.put("a", i + " ");
      rig.advance(1);
    }
    rig.advance(120_000);

    assertThat(handled).isEqualTo(numbers("a", 1, 320));
    assertThat(rig.events(FunctionEvent.KeyResumed.class))
        .singleElement()
        .satisfies(resumed -> assertThat(resumed.load().keys()).isZero())
        .satisfies(resumed -> assertThat(resumed.load().bytes()).isZero());
    rig.put("a", "321 ");
    rig.advance(100);
    assertThat(rig.settled.values()).endsWith(Outcome.HANDLED);
  }

  @Test
  void what_is_parked_survives_a_crash_and_is_handled_once_more_only_if_it_was_not_committed() {
    var rig = rig(policy -> policy);
    broken.add("a");
    for (int i = 1; i <= 100; i++) {
      rig.put("a", i + " ");
    }
    rig.advance(2_000);
    rig.commit();
    rig.advance(1_000);
    rig.crash();
    rig.advance(1_000);
    assertThat(handled).isEmpty();
    broken.clear();
    rig.advance(60_000);

    assertThat(handled).isEqualTo(numbers("a", 1, 100));
    rig.commit();
    rig.advance(1_000);
    rig.crash();
    rig.advance(60_000);
    assertThat(handled).as("nothing again").hasSize(100);
  }

  @Test
  void a_commit_grows_neither_with_the_records_of_a_parked_key_nor_with_parked_keys() {
    var rig = rig(policy -> policy);
    broken.addAll(List.of("a", "b", "c"));
    var sizes = new ArrayList<Integer>();
    for (int i = 1; i <= 2_000; i++) {
      rig.put("a", i + " ");
      if (i == 1_000) {
        rig.put("b", "1");
        rig.put("c", "1");
      }
      rig.advance(20);
      if (i % 100 == 0) {
        rig.commit();
        rig.advance(100);
        sizes.add(bytesOf(rig));
      }
    }

    assertThat(rig.events(FunctionEvent.KeyParked.class)).hasSize(3);
    assertThat(sizes.get(sizes.size() - 1)).isLessThanOrEqualTo(sizes.get(1) + 8).isLessThan(200);
    assertThat(chunks.largestOf("k")).as("the list itself").isLessThan(8_000);
  }

  @Test
  void chunks_go_once_a_commit_does_without_them() {
    var rig = rig(policy -> policy);
    broken.add("a");
    for (int i = 1; i <= 500; i++) {
      rig.put("a", i + " ");
      rig.advance(10);
    }
    rig.commit();
    rig.advance(1_000);
    assertThat(chunks.names()).hasSizeGreaterThan(8);
    broken.clear();
    rig.advance(60_000);
    for (int i = 0; i < 3; i++) {
      rig.commit();
      rig.advance(1_000);
    }

    assertThat(handled).hasSize(500);
    assertThat(chunks.names()).as("at most the last list of parked keys").hasSizeLessThan(3);
    assertThat(chunks.names()).noneMatch(name -> name.contains(".k"));
  }

  @Test
  void parked_keys_go_to_the_child_of_their_hash_and_back_at_a_merge() {
    var rig = rig(policy -> policy);
    broken.addAll(List.of(HIGH, "a", "c", "d", "poison"));
    for (int i = 1; i <= 80; i++) {
      for (var key : List.copyOf(broken)) {
        rig.put(key, i + " ");
      }
    }
    rig.advance(15_000);
    assertThat(rig.settled).as("the shard may end").hasSize(400);

    var lower = rig.child("shardId-000000000001", LOWER, rig);
    var upper = rig.child("shardId-000000000002", UPPER, rig);
    lower.advance(2_000);
    upper.advance(2_000);
    upper.put(HIGH, "81 ");
    upper.advance(2_000);
    assertThat(upper.settled.values()).containsExactly(Outcome.PARKED);

    var merged = upper.child("shardId-000000000003", HashRange.ALL, lower, upper);
    broken.clear();
    merged.advance(120_000);

    for (var key : List.of(HIGH, "a", "c", "d", "poison")) {
      assertThat(handled.stream().filter(each -> each.startsWith(key)))
          .as("key %s", key)
          .isEqualTo(numbers(key, 1, key.equals(HIGH) ? 81 : 80));
    }
    assertThat(merged.events(FunctionEvent.ParkedSettled.class))
        .as("records keep the names that they had")
        .filteredOn(settled -> settled.id().contains("shardId-000000000000"))
        .hasSize(400);
  }

  @Test
  void beyond_the_bound_of_keys_a_key_waits_in_memory_and_is_parked_when_there_is_room() {
    var rig =
        rig(
            policy ->
                policy.parkingKeys(new KeyParking(Duration.ofSeconds(1), 10, 1 << 20, 2, 1 << 20)));
    broken.addAll(List.of("a", "b", "c"));
    rig.putAll("a=1 ", "b=1 ", "c=1 ", "d=1 ");
    rig.advance(10_000);

    assertThat(rig.settled).as("d, and two of three").hasSize(3);
    assertThat(rig.events(FunctionEvent.ParkingFull.class)).hasSize(1);
    broken.remove("a");
    broken.remove("b");
    rig.advance(120_000);
    assertThat(rig.settled).hasSize(4);
    broken.clear();
    rig.advance(120_000);
    assertThat(handled).containsExactlyInAnyOrder("a1 ", "b1 ", "c1 ", "d1 ");
  }

  @Test
  void beyond_the_bound_of_bytes_records_of_a_parked_key_wait_in_memory() {
    var rig =
        rig(
            policy ->
                policy.parkingKeys(new KeyParking(Duration.ofSeconds(1), 10, 1 << 10, 9, 4_000)));
    broken.add("a");
    for (int i = 1; i <= 40; i++) {
      rig.put("a", i + " ");
      rig.advance(300);
    }
    int parked = rig.settled.size();
    assertThat(parked).isBetween(5, 20);
    rig.commit();
    rig.advance(1_000);
    rig.crash();
    rig.advance(5_000);
    assertThat(rig.settled).as("no more fits in").hasSizeBetween(parked, parked + 2);
    broken.clear();
    rig.advance(60_000);

    assertThat(handled).isEqualTo(numbers("a", 1, 40));
  }

  @Test
  void without_a_place_for_state_or_where_it_is_switched_off_a_key_waits_in_memory() {
    var off = rig(RetryPolicy::parkingNoKeys);
    broken.add("a");
    off.put("a", "1");
    off.advance(60_000);
    assertThat(off.settled).isEmpty();

    var nowhere = rig(policy -> policy);
    nowhere.chunks = Environment.NO_CHUNKS;
    nowhere.start().restore();
    nowhere.put("a", "1");
    nowhere.advance(60_000);
    assertThat(nowhere.settled).isEmpty();
  }

  @Test
  void keys_that_are_parked_are_not_forgotten_when_parking_is_switched_off() {
    var rig = rig(policy -> policy);
    broken.add("a");
    rig.put("a", "1 ");
    rig.advance(12_000);
    rig.commit();
    rig.advance(1_000);
    var later = new Rig(2, spec(policy -> policy.parkingNoKeys()));
    later.chunks = chunks;
    later.commit = rig.commit;
    later.start().restore();
    broken.clear();
    later.advance(60_000);

    assertThat(handled).containsExactly("a1 ");
  }

  @Test
  void a_pause_of_the_function_parks_nothing() {
    var rig =
        new Rig(
            1,
            Rig.reading()
                .handledBy(
                    () ->
                        (event, out) -> {
                          throw new Unavailable(
                              "billing", Duration.ofMillis(50), new IllegalStateException());
                        },
                    Destination.<String>nowhere()));
    rig.chunks = chunks;
    rig.start().restore();
    for (int i = 0; i < 200; i++) {
      rig.put("a", "1");
    }
    rig.advance(120_000);

    assertThat(rig.settled).isEmpty();
    assertThat(rig.events(FunctionEvent.KeyParked.class)).isEmpty();
  }

  @Test
  void a_parked_record_whose_retries_are_used_up_becomes_a_letter_and_the_key_goes_on() {
    var rig =
        new Rig(
            1,
            Rig.reading()
                .retrying(
                    RetryPolicy.upTo(4)
                        .backingOff(Duration.ofSeconds(4), Duration.ofSeconds(60))
                        .parkingKeys(
                            new KeyParking(Duration.ofSeconds(1), 10, 1 << 20, 9, 1 << 20)))
                .handledBy(() -> this::handle, Destination.<String>nowhere()));
    rig.chunks = chunks;
    rig.start().restore();
    broken.add("a");
    rig.put("a", "1 ");
    rig.put("a", "2 ");
    rig.advance(10_000);
    assertThat(rig.settled.values()).containsExactly(Outcome.PARKED, Outcome.PARKED);
    for (int i = 0; i < 300 && rig.letters.isEmpty(); i++) {
      rig.advance(1_000);
    }
    broken.clear();
    rig.advance(60_000);

    assertThat(rig.letters)
        .singleElement()
        .satisfies(letter -> assertThat(letter.code()).isEqualTo("RetryAttemptsExhausted"));
    assertThat(handled).containsExactly("a2 ");
    assertThat(outcomes(rig)).containsExactly(Outcome.DEAD_LETTERED, Outcome.HANDLED);
  }

  @Test
  void a_store_that_is_down_holds_the_position_and_loses_nothing() {
    var rig = rig(policy -> policy);
    broken.add("a");
    chunks.down = true;
    rig.put("a", "1 ");
    rig.put("a", "2 ");
    rig.advance(60_000);
    assertThat(rig.settled).isEmpty();
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class))
        .isNotEmpty()
        .allSatisfy(down -> assertThat(down.sink()).isEqualTo("the store of parked records"));
    chunks.down = false;
    rig.advance(60_000);
    assertThat(rig.settled).hasSize(2);
    assertThat(rig.events(FunctionEvent.SinkRecovered.class)).isNotEmpty();
    chunks.down = true;
    broken.clear();
    rig.advance(60_000);
    chunks.down = false;
    rig.advance(120_000);

    assertThat(handled).containsExactly("a1 ", "a2 ");
  }

  @Test
  void a_drain_gives_back_what_is_not_stored_and_keeps_what_is() {
    var rig = rig(policy -> policy);
    broken.add("a");
    var first = rig.put("a", "1 ");
    rig.advance(11_000);
    var second = rig.put("a", "2 ");
    rig.advance(10);
    rig.leave();
    rig.advance(1_000);

    assertThat(rig.settled).containsOnlyKeys(first);
    assertThat(rig.returned).containsExactly(second);
  }

  @Test
  void half_of_the_room_is_told_to_whoever_looks_after_the_worker() {
    var troubles = new ParkingTroubles();
    var rig =
        rig(
            policy ->
                policy.parkingKeys(new KeyParking(Duration.ofSeconds(1), 10, 1 << 20, 4, 1 << 20)));
    broken.addAll(List.of("a", "b"));
    rig.put("a", "1 ");
    rig.advance(3_000);
    rig.events.forEach(troubles::on);
    assertThat(troubles.sentences()).isEmpty();
    rig.put("b", "1 ");
    rig.advance(3_000);
    rig.events.forEach(troubles::on);
    assertThat(troubles.sentences())
        .singleElement()
        .asString()
        .contains("2 of at most 4 keys with 2 records");
    broken.clear();
    rig.advance(120_000);
    rig.events.forEach(troubles::on);
    assertThat(troubles.sentences()).isEmpty();
  }

  @Test
  void a_restart_tells_whoever_looks_after_the_worker_what_is_parked() {
    var troubles = new ParkingTroubles();
    var rig =
        rig(
            policy ->
                policy.parkingKeys(new KeyParking(Duration.ofSeconds(1), 10, 1 << 20, 4, 1 << 20)));
    broken.addAll(List.of("a", "b"));
    rig.putAll("a=1 ", "b=1 ");
    rig.advance(3_000);
    rig.commit();
    rig.advance(1_000);
    rig.events.clear();
    rig.crash();
    rig.events.forEach(troubles::on);

    assertThat(troubles.sentences()).singleElement().asString().contains("2 of at most 4 keys");
  }

  @Test
  void what_is_on_its_way_to_the_store_counts_as_parked() {
    var slow = new SlowChunks(chunks);
    var rig =
        new Rig(
            1,
            spec(
                policy ->
                    policy.parkingKeys(
                        new KeyParking(Duration.ofSeconds(1), 10, 1 << 10, 9, 3_000))));
    rig.chunks = slow;
    rig.start().restore();
    broken.addAll(List.of("a", "b", "c", "d", "e"));
    for (var key : List.copyOf(broken)) {
      rig.put(key, "x".repeat(900));
    }
    rig.advance(1_500);

    assertThat(slow.waiting).as("of 5, all of which come at once").hasSizeBetween(2, 3);
  }

  @Test
  void a_chunk_that_is_missing_stays_a_trouble_while_others_go_well() {
    var troubles = new SinkTroubles();
    var rig = rig(policy -> policy);
    broken.add("a");
    rig.put("a", "1 ");
    rig.advance(12_000);
    rig.commit();
    rig.advance(1_000);
    chunks.names().stream().filter(name -> name.contains(".k")).forEach(chunks::delete);
    rig.crash();
    rig.advance(1_000);
    broken.add("b");
    rig.put("b", "1 ");
    rig.advance(15_000);
    rig.events.forEach(troubles::on);

    assertThat(troubles.sentences()).singleElement().asString().contains(".k");
  }

  @Test
  void parked_keys_that_a_function_of_another_kind_left_are_not_forgotten() {
    var rig = rig(policy -> policy);
    broken.add("a");
    rig.put("a", "1 ");
    rig.advance(12_000);
    rig.commit();
    rig.advance(1_000);
    var batches =
        Rig.reading().handledInBatchesBy(() -> batch -> {}, Destination.<String>nowhere());
    var later = new Rig(2, batches);
    later.chunks = chunks;
    later.commit = rig.commit;
    later.start();

    assertThatThrownBy(later::restore)
        .hasMessageContaining("function f, shard ")
        .hasMessageContaining("records of keys that kept failing are parked");
  }

  @Test
  void what_a_crashed_run_stored_and_never_committed_is_swept_and_nothing_else() {
    var rig = rig(policy -> policy);
    broken.addAll(List.of("a", "b"));
    rig.put("a", "1 ");
    rig.advance(12_000);
    rig.commit();
    rig.advance(1_000);
    var committed = chunks.names();
    rig.put("a", "2 ");
    rig.put("b", "1 ");
    rig.advance(12_000);
    assertThat(chunks.names()).hasSize(committed.size() + 2);
    rig.crash();
    rig.advance(30_000);
    rig.commit();
    rig.advance(120_000);
    assertThat(rig.events(FunctionEvent.KeyParked.class)).as("b once more").hasSize(3);
    assertThat(chunks.names())
        .as("a's chunk, and of this run a list, a's second record and b")
        .containsAll(committed.stream().filter(name -> name.contains("/parked/")).toList());
    assertThat(chunks.names().stream().filter(name -> name.contains("/parked/"))).hasSize(3);
    broken.clear();
    rig.advance(120_000);

    assertThat(handled).containsExactlyInAnyOrder("a1 ", "a2 ", "b1 ");
  }

  @Test
  void of_many_large_parked_records_few_are_in_memory_at_once() {
    var rig = rig(policy -> policy);
    for (int key = 0; key < 60; key++) {
      broken.add("k" + key);
      for (int i = 0; i < 4; i++) {
        rig.put("k" + key, "x".repeat(250_000));
      }
    }
    rig.advance(12_000);
    rig.commit();
    rig.advance(1_000);
    broken.clear();
    rig.withSlowPool(500);
    long before = chunks.gets;
    rig.crash();
    rig.advance(120_000);

    assertThat(chunks.gets - before).as("60 chunks, many of them again").isGreaterThan(80);
    assertThat(handled).hasSize(240);
  }

  private Rig rig(UnaryOperator<RetryPolicy> policy) {
    var rig = new Rig(1, spec(policy));
    rig.chunks = chunks;
    return rig.start().restore();
  }

  private FunctionSpec<String, String> spec(UnaryOperator<RetryPolicy> policy) {
    return Rig.reading()
        .retrying(
            policy.apply(
                RetryPolicy.forever().backingOff(Duration.ofMillis(200), Duration.ofSeconds(10))))
        .handledBy(() -> this::handle, Destination.<String>nowhere());
  }

  private void handle(Event<String> event, Output<String> out) {
    if (broken.contains(event.partitionKey())) {
      throw new IllegalStateException("broken");
    }
    handled.add(event.partitionKey() + event.value());
  }

  private static List<Outcome> outcomes(Rig rig) {
    return rig.events(FunctionEvent.ParkedSettled.class).stream()
        .map(FunctionEvent.ParkedSettled::outcome)
        .toList();
  }

  private static List<String> numbers(String key, int first, int last) {
    var numbers = new ArrayList<String>();
    for (int i = first; i <= last; i++) {
      numbers.add(key + i + " ");
    }
    return numbers;
  }

  private static int bytesOf(Rig rig) {
    return rig.commit.parts().stream()
        .flatMap(parts -> parts.parts().values().stream())
        .mapToInt(part -> part.length)
        .sum();
  }

  /** Puts that take for ever. */
  private static final class SlowChunks extends ForwardingChunkStore {
    private final Set<String> waiting = new HashSet<>();

    private SlowChunks(ChunkStore chunks) {
      super(chunks);
    }

    @Override
    public CompletionStage<Void> put(String name, byte[] bytes) {
      waiting.add(name);
      return new CompletableFuture<>();
    }
  }
}
