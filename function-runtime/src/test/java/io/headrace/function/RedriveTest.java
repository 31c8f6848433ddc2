package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.Order;
import io.headrace.kcl.StreamSink;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Dead letters, crashes and operators on a simulated loop. */
class RedriveTest extends RedriveRig {
  @Test
  void after_a_bug_is_fixed_all_letters_are_handled_in_the_order_of_their_keys() {
    start("w1");
    broken.addAll(List.of("b", "c", "d"));
    put(80, "a", "b", "c", "d");
    advance(5);
    assertThat(seen).hasSize(20);
    assertThat(letters).hasSize(60);
    assertThat(entered()).hasSize(60);

    broken.clear();
    var order = redrive(ALL, Optional.empty());

    assertThat(order).isPresent();
    assertThat(seen).hasSize(80).doesNotHaveDuplicates();
    assertThat(numbersByKey()).hasSize(4);
    assertThat(numbersByKey().values())
        .allSatisfy(numbers -> assertThat(numbers).hasSize(20).isSorted());
    assertThat(entered()).isEmpty();
    assertThat(redriven).hasSize(60);

    assertThat(redrive(ALL, Optional.empty())).as("nothing is ordered").isEmpty();
    assertThat(seen).hasSize(80);
  }

  @Test
  void an_order_counts_for_the_next_worker_and_plays_nothing_twice() {
    var first = start("w1");
    broken.add("b");
    put(20, "a", "b");
    advance(5);
    var stopped = first.stop();
    advance(5);
    assertThat(stopped.toCompletableFuture()).isDone();

    broken.clear();
    assertThat(redrive(ALL, Optional.empty())).isPresent();
    assertThat(seen).hasSize(10);

    var second = start("w2");
    advance(15);
    assertThat(seen).hasSize(20).doesNotHaveDuplicates();
    assertThat(entered()).isEmpty();

    broken.add("a");
    put(20, "a", "b");
    advance(5);
    broken.clear();
    second.crash();
    start("w3");
    advance(30);
    assertThat(entered()).as("failed after the order was given").hasSize(10);
  }

  @Test
  void what_fails_again_stays_a_letter_and_is_played_by_the_next_order_only() {
    start("w1");
    broken.addAll(List.of("b", "c"));
    put(30, "a", "b", "c");
    advance(5);
    broken.remove("b");

    redrive(ALL, Optional.empty());

    assertThat(seen).hasSize(20);
    assertThat(entered()).hasSize(10).allMatch(letter -> letter.key().equals("c"));
    assertThat(entered()).allMatch(letter -> letter.attempts() == 2);
    assertThat(redriven).hasSize(20);

    broken.clear();
    advance(60);
    assertThat(entered()).hasSize(10);
    redrive(ALL, Optional.empty());
    assertThat(entered()).isEmpty();
    assertThat(numbersByKey().get("c")).hasSize(10).isSorted();
  }

  @Test
  void filters_pick_letters_by_key_code_and_time_and_a_look_changes_nothing() {
    start("w1");
    broken.addAll(List.of("b", "c"));
    put(30, "a", "b", "c");
    var unused = in.sink().put(List.of(new StreamSink.Entry("a", "bad".getBytes(UTF_8))));
    advance(5);
    var between = loop.now();
    advance(1);
    put(3, "a", "b", "c");
    advance(5);
    broken.clear();

    var target = Operations.Target.of("echo");
    assertThat(done(redrives().look(target, ALL)).letters()).hasSize(23);
    assertThat(entered()).hasSize(23);
    var undecodable =
        new Order.Deed.Redrive(Optional.of("Undecodable"), Optional.empty(), Optional.empty(), 0);
    assertThat(done(redrives().look(target, undecodable)).letters()).hasSize(1);
    var late = new Order.Deed.Redrive(Optional.empty(), Optional.of(between), Optional.empty(), 0);
    assertThat(done(redrives().look(target, late)).letters()).hasSize(2);

    redrive(ALL, Optional.of("b"));
    assertThat(entered()).hasSize(12).noneMatch(letter -> letter.key().equals("b"));
    redrive(late, Optional.empty());
    assertThat(entered()).hasSize(11);
    redrive(ALL, Optional.empty());
    assertThat(entered()).extracting(Letter::code).containsExactly("Undecodable");
  }

  @Test
  void a_rate_holds() {
    start("w1");
    broken.addAll(List.of("b", "c", "d", "e"));
    put(40, "b", "c", "d", "e");
    advance(5);
    assertThat(entered()).hasSize(40);
    broken.clear();
    var slow = new Order.Deed.Redrive(Optional.empty(), Optional.empty(), Optional.empty(), 1);

    redrive(slow, Optional.empty());

    assertThat(seen).as("two shards, 10 s, and a little to begin").hasSizeBetween(10, 20);
    advance(60);
    assertThat(seen).hasSize(40).doesNotHaveDuplicates();
  }

  @Test
  void letters_of_a_parent_are_played_by_the_children_that_own_their_keys() {
    start("w1");
    var keys = new String[20];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = "k" + i;
    }
    broken.addAll(List.of(keys));
    put(100, keys);
    advance(5);
    assertThat(entered()).hasSize(100);
    for (var shard : in.openShards()) {
      in.split(shard.id());
    }
    advance(10);
    put(100, keys);
    advance(10);
    assertThat(entered()).hasSize(200);

    broken.clear();
    redrive(ALL, Optional.empty());

    assertThat(seen).hasSize(200).doesNotHaveDuplicates();
    assertThat(numbersByKey().values())
        .allSatisfy(numbers -> assertThat(numbers).hasSize(10).isSorted());
    assertThat(entered()).isEmpty();
    assertThat(redriven.stream().map(FunctionEvent.Redriven::shard).distinct()).hasSize(4);
  }

  @Test
  void a_letter_whose_record_is_handled_well_by_the_next_owner_counts_no_more() {
    commits = Duration.ofHours(1);
    var first = start("w1");
    broken.add("b");
    put(20, "a", "b");
    advance(5);
    assertThat(entered()).hasSize(10);
    first.crash();

    broken.clear();
    commits = Duration.ofSeconds(1);
    start("w2");
    advance(30);

    assertThat(seen.stream().distinct()).hasSize(20);
    assertThat(numbersByKey().get("b")).hasSize(10).isSorted();
    assertThat(entered()).isEmpty();
  }

  @Test
  void letters_that_are_struck_out_while_an_order_looks_for_them_hold_up_no_later_order() {
    commits = Duration.ofHours(1);
    var first = start("w1");
    broken.add("b");
    put(20, "a", "b");
    advance(5);
    first.crash();
    commits = Duration.ofSeconds(1);
    broken.clear();
    ledgerAnswersIn = Duration.ofSeconds(3);
    assertThat(redrive(ALL, Optional.empty())).isPresent();
    start("w2");
    advance(30);
    assertThat(numbersByKey().get("b")).hasSize(10).isSorted();
    assertThat(entered()).isEmpty();

    broken.add("b");
    put(2, "a", "b");
    advance(5);
    broken.clear();
    redrive(ALL, Optional.empty());
    advance(30);

    assertThat(entered()).isEmpty();
    assertThat(numbersByKey().get("b")).hasSize(11);
  }

  @Test
  void a_letter_that_somebody_took_out_of_the_ledger_holds_up_no_other() {
    start("w1");
    broken.add("b");
    put(20, "a", "b");
    advance(5);
    var first = entered().get(0).id();
    ledgerLost = first;
    broken.clear();

    redrive(ALL, Optional.empty());

    assertThat(numbersByKey().get("b")).hasSize(9).isSorted();
    assertThat(entered()).extracting(Letter::id).containsExactly(first);
    assertThat(redrive(ALL, Optional.empty())).isPresent();
  }

  @Test
  void headers_of_whatever_size_hold_no_letter_up_and_the_short_ones_are_kept() {
    var headers =
        Map.of("traceparent", "00-ab-cd-01", "large", "x".repeat(Letter.HEADER_BYTES_MAX));
    start("w1");
    broken.add("b");
    var entry = new StreamSink.Entry("b", "b 1".getBytes(UTF_8), headers);
    var unused = in.sink().put(List.of(entry));
    advance(5);

    assertThat(entered())
        .extracting(Letter::headers)
        .containsExactly(Map.of("traceparent", "00-ab-cd-01"));
  }

  @Test
  void a_letter_that_is_with_the_function_is_handled_once_when_the_shard_is_handed_over() {
    var underWay = new HashMap<String, Integer>();
    spec =
        FunctionSpec.named("echo")
            .reading(Rig.input())
            .retrying(RetryPolicy.upTo(0))
            .handledAsyncBy(
                () ->
                    (event, out) -> {
                      refuseBroken(event);
                      int others = underWay.merge(event.partitionKey(), 1, Integer::sum);
                      assertThat(others).as("one at a time").isEqualTo(1);
                      var done = new CompletableFuture<Void>();
                      var unused =
                          loop.schedule(
                              Duration.ofSeconds(2),
                              () -> {
                                underWay.merge(event.partitionKey(), -1, Integer::sum);
                                seen.add(event.value());
                                done.complete(null);
                              });
                      return done;
                    },
                Destination.nowhere());
    var first = start("w1");
    broken.addAll(List.of("b", "c"));
    put(4, "b", "c");
    advance(5);
    broken.clear();
    var target = Operations.Target.of("echo");
    assertThat(done(redrives().redrive(target, ALL, "the bug is fixed"))).isPresent();
    while (underWay.size() < 2) {
      loop.advance(Duration.ofMillis(100));
    }

    var unused = first.stop();
    start("w2");
    advance(60);

    assertThat(seen).hasSize(4).doesNotHaveDuplicates();
    assertThat(numbersByKey().values()).allSatisfy(numbers -> assertThat(numbers).isSorted());
    assertThat(entered()).isEmpty();
  }

  @Test
  void letters_of_what_was_finished_out_of_order_are_played_where_nothing_comes_any_more() {
    var slow = new CompletableFuture<Void>();
    var keys = new String[] {"a", "b", "c", "d", "e", "f", "g", "h"};
    spec =
        FunctionSpec.named("echo")
            .reading(Rig.input())
            .retrying(RetryPolicy.upTo(0))
            .handledAsyncBy(
                () ->
                    (event, out) -> {
                      refuseBroken(event);
                      seen.add(event.value());
                      return event.partitionKey().equals("a") ? slow : done();
                    },
                Destination.nowhere());
    var first = start("w1");
    broken.addAll(List.of(keys).subList(1, 8));
    put(8, keys);
    advance(5);
    assertThat(entered()).as("all but the first of a shard, and committed").hasSize(7);
    first.crash();
    slow.complete(null);
    start("w2");
    advance(15);
    assertThat(seen).as("the first comes again, the others do not").hasSize(2);
    assertThat(entered()).hasSize(7);

    broken.clear();
    redrive(ALL, Optional.empty());

    assertThat(entered()).isEmpty();
    assertThat(numbersByKey()).containsOnlyKeys(keys);
    assertThat(seen).hasSize(9);
  }

  private static CompletableFuture<Void> done() {
    return CompletableFuture.completedFuture(null);
  }

  @Test
  void a_hundred_crashes_and_a_sink_that_fails_half_of_its_writes_lose_nothing() {
    sinkFails = true;
    broken.addAll(List.of("b", "c"));
    var running = start("w0");
    for (int crash = 1; crash <= 100; crash++) {
      put(6, "a", "b", "c");
      loop.advance(Duration.ofMillis(5_000 + random.nextInt(5_000)));
      running.crash();
      running = start("w" + crash);
    }
    advance(120);

    assertThat(running.health().reasons()).isEmpty();
    assertThat(Set.copyOf(seen)).hasSize(200).allMatch(value -> value.startsWith("a"));
    assertThat(entered()).hasSize(400);
    var inSink = new HashSet<String>();
    letters.forEach(letter -> inSink.add(letter.id()));
    assertThat(entered())
        .as("what counts lies in the sink")
        .allMatch(
            letter ->
                inSink.contains(
                    Decoder.id(letter.id().place().shard(), letter.id().position()).toString()));

    broken.clear();
    redrive(ALL, Optional.empty());
    advance(60);
    assertThat(entered()).isEmpty();
    assertThat(Set.copyOf(seen)).hasSize(600);
    for (var key : List.of("b", "c")) {
      assertThat(numbersByKey().get(key)).hasSize(200).isSorted().doesNotHaveDuplicates();
    }
  }

  @Test
  void a_letter_that_is_played_again_keeps_the_name_of_its_record() {
    var ids = new LinkedHashMap<String, EventId>();
    spec =
        FunctionSpec.named("echo")
            .reading(Rig.input())
            .retrying(RetryPolicy.upTo(0))
            .handledBy(
                () ->
                    (event, out) -> {
                      var before = ids.put(event.value(), event.id());
                      assertThat(before == null || before.equals(event.id())).isTrue();
                      refuseBroken(event);
                    },
                Destination.nowhere());
    start("w1");
    broken.add("b");
    put(10, "b");
    advance(5);
    in.openShards().forEach(shard -> in.split(shard.id()));
    advance(10);
    broken.clear();

    redrive(ALL, Optional.empty());

    assertThat(entered()).isEmpty();
    assertThat(ids).hasSize(10);
  }
}
