package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.headrace.kcl.PartitionKey;
import io.headrace.kcl.Payload;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.Start;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class FilterGateTest {
  private static final String BUY = "{\"data\": {\"type\": [\"buy\"]}}";
  private static final String BOUGHT = "{\"type\":\"buy\"}";
  private static final String SOLD = "{\"type\":\"sell\"}";

  /** A kind of function that answers each value with itself. */
  record Kind(
      String name, Function<FunctionSpec.Reading<String>, FunctionSpec<String, String>> build) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Kind> kinds() {
    return Stream.of(
        plain(),
        new Kind(
            "batched",
            reading ->
                reading.handledInBatchesBy(
                    () -> batch -> batch.forEach(e -> batch.out(e).send(e.value())), nowhere())),
        new Kind(
            "keyed",
            reading ->
                reading.keyedBy(Keys.partitionKey(), new Texts()).handledBy(Echo::new, nowhere())));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void one_match_lets_no_other_record_of_its_batch_through(Kind kind) {
    var rig = rig(kind, Rig.input().filteredBy(BUY));

    var put = rig.putAll("a=" + SOLD, "a=" + BOUGHT, "b=" + SOLD);
    rig.drain();

    assertThat(rig.outputs.values()).containsExactly(BOUGHT);
    assertThat(rig.settled)
        .containsEntry(put.get(0), Outcome.FILTERED)
        .containsEntry(put.get(1), Outcome.HANDLED)
        .containsEntry(put.get(2), Outcome.FILTERED);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void what_is_filtered_is_settled_and_never_reaches_codec_or_function(Kind kind) {
    var rig = rig(kind, Rig.input().filteredBy("{\"partitionKey\": [\"vip\"]}"));

    // The codec refuses what begins with "bad".
    var put = rig.putAll("a=bad", "b=bad", "c=bad");
    rig.drain();

    assertThat(rig.settled).hasSize(3).containsEntry(put.get(0), Outcome.FILTERED);
    assertThat(rig.settled.values()).containsOnly(Outcome.FILTERED);
    assertThat(rig.letters).isEmpty();
    assertThat(rig.events).hasOnlyElementsOfType(FunctionEvent.ParkedFound.class);
  }

  @Test
  void records_of_a_key_keep_their_order_through_many_batches_and_a_slow_pool() {
    var seen = new ArrayList<String>();
    var rig =
        new Rig(
                7,
                FunctionSpec.named("f")
                    .reading(Rig.input().filteredBy("{\"data\": {\"n\": [{\"exists\": true}]}}"))
                    .<String>handledBy(() -> (event, out) -> seen.add(event.value()), nowhere()))
            .withSlowPool(20)
            .start()
            .restore();

    var expected = new ArrayList<String>();
    for (int i = 0; i < 50; i++) {
      rig.putAll("a={\"n\":" + i + "}", "a={\"other\":" + i + "}");
      expected.add("{\"n\":" + i + "}");
    }
    rig.drain();

    assertThat(seen).containsExactlyElementsOf(expected);
  }

  @Test
  void any_of_several_patterns_lets_a_record_through() {
    var rig = rig(plain(), Rig.input().filteredBy(BUY, "{\"partitionKey\": [\"vip\"]}"));

    rig.putAll("a=" + SOLD, "vip=" + SOLD, "a=" + BOUGHT, "vip=not json");
    rig.drain();

    assertThat(rig.outputs.values()).containsExactlyInAnyOrder(SOLD, BOUGHT, "not json");
    assertThat(rig.letters).as("metadata alone let it through").isEmpty();
  }

  @Test
  void by_default_what_can_not_be_parsed_goes_to_the_dead_letters() {
    var rig = rig(plain(), Rig.input().filteredBy(BUY));

    var put = rig.putAll("a=not json", "a=" + BOUGHT);
    rig.drain();

    assertThat(rig.settled)
        .containsEntry(put.get(0), Outcome.DEAD_LETTERED)
        .containsEntry(put.get(1), Outcome.HANDLED);
    assertThat(rig.letters)
        .extracting(
            DeadLetter::code, DeadLetter::attempts, l -> new String(l.payloadBytes(), UTF_8))
        .containsExactly(tuple("Unparsable", 0, "not json"));
  }

  @Test
  void dropped_ones_count_as_filtered_and_delivered_ones_reach_the_function() {
    var dropping = rig(plain(), Rig.input().filteredBy(BUY).unparsable(Unparsable.DROP));
    var delivering = rig(plain(), Rig.input().unparsable(Unparsable.DELIVER).filteredBy(BUY));

    var dropped = dropping.put("a", "not json");
    dropping.drain();
    delivering.put("a", "not json");
    delivering.drain();

    assertThat(dropping.settled).containsEntry(dropped, Outcome.FILTERED);
    assertThat(dropping.letters).isEmpty();
    assertThat(delivering.outputs.values()).containsExactly("not json");
  }

  @ParameterizedTest
  @EnumSource(Unparsable.class)
  void every_unparsable_record_is_told_and_counted_without_its_payload(Unparsable fate) {
    var rig = rig(plain(), Rig.input().filteredBy(BUY).unparsable(fate));

    rig.putAll("a=secret", "a=" + SOLD, "a=secret");
    rig.put("a", "secret");
    rig.drain();

    assertThat(rig.events(FunctionEvent.UnparsableFound.class))
        .extracting(FunctionEvent.UnparsableFound::count, FunctionEvent.UnparsableFound::fate)
        .containsExactly(tuple(1L, fate), tuple(2L, fate), tuple(3L, fate));
    assertThat(rig.events.toString()).doesNotContain("secret");
  }

  @Test
  void while_the_sink_is_down_unparsable_ones_wait_and_others_go_on() {
    var rig = rig(plain(), Rig.input().filteredBy(BUY));
    rig.lettersDown = true;

    var put = rig.putAll("a=not json", "a=" + BOUGHT);
    rig.advance(60_000);
    assertThat(rig.settled).containsOnlyKeys(put.get(1));

    rig.lettersDown = false;
    rig.drain();
    assertThat(rig.settled).containsEntry(put.get(0), Outcome.DEAD_LETTERED);
    assertThat(rig.letters).hasSize(1);
  }

  @Test
  void a_payload_that_can_not_be_had_is_asked_for_again_and_nothing_overtakes_it() {
    var rig = rig(plain(), Rig.input().filteredBy(BUY));
    var late = new Late(BOUGHT.getBytes(UTF_8));
    var record =
        new StreamRecord(Position.of(1_000), PartitionKey.of("a"), rig.loop.now(), late, Map.of());
    rig.records.add(record);

    rig.hand(List.of(record));
    var behind = rig.put("b", BOUGHT);
    rig.advance(5_000);
    assertThat(rig.settled).isEmpty();
    assertThat(rig.events(FunctionEvent.RecordFailed.class)).isNotEmpty();

    late.there = true;
    rig.drain();
    assertThat(rig.settled)
        .containsEntry(record.position(), Outcome.HANDLED)
        .containsEntry(behind, Outcome.HANDLED);
  }

  @Test
  void what_was_not_judged_goes_back_when_the_shard_leaves() {
    var rig = rig(plain(), Rig.input().filteredBy(BUY));
    var tasks = new ArrayList<Runnable>();
    rig.background = tasks::add;
    rig.start().restore();

    var put = rig.putAll("a=" + BOUGHT, "b=" + SOLD);
    var second = rig.put("c", BOUGHT);
    rig.advance(10);
    rig.leave();
    tasks.forEach(Runnable::run);
    rig.advance(1_000);

    assertThat(rig.returned).containsExactlyInAnyOrder(put.get(0), put.get(1), second);
    assertThat(rig.settled).isEmpty();
    assertThat(rig.outputs).isEmpty();
  }

  @Test
  void a_crash_filters_anew_what_was_not_committed() {
    var rig = rig(plain(), Rig.input().filteredBy(BUY));
    rig.putAll("a=" + SOLD, "a=" + BOUGHT);
    rig.drain();
    rig.commit();
    rig.advance(1_000);
    rig.putAll("b=" + SOLD, "b=" + BOUGHT, "b=not json");

    rig.crash();
    rig.drain();

    assertThat(rig.settled.values())
        .containsExactlyInAnyOrder(
            Outcome.FILTERED,
            Outcome.HANDLED,
            Outcome.FILTERED,
            Outcome.HANDLED,
            Outcome.DEAD_LETTERED);
  }

  @Test
  void patterns_are_given_in_one_call() {
    var input = Rig.input().filteredBy(BUY);

    assertThatThrownBy(() -> input.filteredBy(BUY))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stream in, filteredBy: the input is filtered already");
    assertThatThrownBy(() -> Rig.input().filteredBy())
        .isInstanceOf(FilterException.class)
        .hasMessageContaining("there must be 1 to 100 patterns, found 0");
  }

  @Test
  void each_input_has_a_filter_of_its_own() {
    var orders = Input.of(StreamSource.kinesis("orders"), new Texts()).filteredBy(BUY);
    var others = Input.of(StreamSource.kinesis("others"), new Texts());

    assertThat(orders.filter()).isNotNull();
    assertThat(others.filter()).isNull();
    assertThat(orders.startingAt(Start.LATEST).filter()).isSameAs(orders.filter());
  }

  private static Rig rig(Kind kind, Input<String> input) {
    return new Rig(
            1,
            kind.build().apply(FunctionSpec.named("f").reading(input).batching(10, Duration.ZERO)))
        .start()
        .restore();
  }

  private static Kind plain() {
    return new Kind(
        "plain",
        reading -> reading.handledBy(() -> (event, out) -> out.send(event.value()), nowhere()));
  }

  private static Destination<String> nowhere() {
    return Destination.nowhere();
  }

  /** A payload that is fetched late. */
  private static final class Late implements Payload {
    private final byte[] bytes;
    boolean there;

    Late(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public int size() {
      return bytes.length;
    }

    @Override
    public byte[] bytes() throws IOException {
      if (!there) {
        throw new IOException("not yet");
      }
      return bytes;
    }
  }

  private static final class Echo implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      out.send(event.value());
      return Next.state(state + event.value());
    }
  }
}
