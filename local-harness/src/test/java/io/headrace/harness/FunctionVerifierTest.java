package io.headrace.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.InMemoryEffectStore;
import io.headrace.function.AsyncRecordFunction;
import io.headrace.function.Batch;
import io.headrace.function.BatchFunction;
import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Once;
import io.headrace.function.Output;
import io.headrace.function.RecordFunction;
import io.headrace.function.TerminalFailure;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.harness.FunctionVerifier.Kind;
import io.headrace.harness.KeyedHarnessTest.Counting;
import io.headrace.harness.KeyedHarnessTest.Total;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a function may rely on, and each kind of mistake that breaks one. */
@Timeout(60)
class FunctionVerifierTest {
  private static FunctionSpec.Reading<String> reading() {
    return FunctionSpec.named("f").reading(Input.of(StreamSource.kinesis("in"), new Texts()));
  }

  private static Destination<String> out() {
    return Destination.stream("out", new Texts(), text -> text);
  }

  private static FunctionSpec<String, String> byRecord(
      Supplier<RecordFunction<String, String>> function) {
    return reading().handledBy(function, out());
  }

  private static FunctionSpec<String, String> byKey(
      Supplier<KeyedFunction<String, Total, String>> function, Codec<Total> state) {
    return reading().keyedBy(Keys.partitionKey(), state).handledBy(function, out());
  }

  private static FunctionVerifier<String, String> eight(FunctionSpec<String, String> spec) {
    return FunctionVerifier.of(spec)
        .put("a", "1", "2", "3")
        .put("b", "4", "5")
        .put("a", "6")
        .put("c", "7", "8");
  }

  @Test
  void a_record_function_passes() {
    var verdict =
        eight(byRecord(() -> (event, out) -> out.send(event.id().sequence() + event.value())))
            .verify();

    assertThat(verdict.runs()).isGreaterThan(1 + 1 + 127 + 8 + 15 + 16 + 9 + 9);
    assertThat(verdict.leftOut()).singleElement().asString().contains("rollingTo");
  }

  @Test
  void a_keyed_function_passes() {
    var verdict = eight(byKey(Counting::new, Json.of(Total.class))).verify();

    // A point before and behind each commit; so small a state rides in it and is no write of its
    // own.
    assertThat(verdict.runs()).isGreaterThanOrEqualTo(1 + 1 + 127 + 8 + 15 + 1 + 8 * 3 + 9 + 9);
  }

  @Test
  void a_batch_function_passes_whose_outputs_are_those_of_their_records() {
    BatchFunction<String, String> shouting =
        batch -> batch.forEach(event -> batch.out(event).send(event.value() + "!"));

    eight(reading().handledInBatchesBy(() -> shouting, out())).verify();
  }

  @Test
  void an_asynchronous_function_passes() {
    AsyncRecordFunction<String, String> elsewhere =
        (event, out) -> CompletableFuture.runAsync(() -> out.send(event.value() + "!"));

    eight(reading().handledAsyncBy(() -> elsewhere, out())).verify();
  }

  @Test
  void records_that_fail_for_good_have_their_letters_in_every_run() {
    RecordFunction<String, String> refusing =
        (event, out) -> {
          out.send(event.value());
          if (event.value().equals("5")) {
            throw new TerminalFailure("Five", "not five");
          }
        };

    eight(byRecord(() -> refusing)).verify();
  }

  private static FunctionVerifier<String, String> perMinute() {
    return FunctionVerifier.of(
        FunctionSpec.named("per-minute")
            .reading(
                Input.of(StreamSource.kinesis("in"), new Texts())
                    .endedBy(text -> text.equals("end")))
            .windowedBy(
                Keys.partitionKey(),
                Windows.tumbling(Duration.ofMinutes(1)),
                Json.of(WindowedHarnessTest.Sum.class))
            .handledBy(WindowedHarnessTest.Counting::new, out()));
  }

  @Test
  void a_windowed_function_passes_in_several_shards_when_its_input_ends() {
    var verdict =
        perMinute()
            .put("a", "1", "2")
            .put("b", "3")
            .advance(Duration.ofSeconds(61))
            .put("a", "4")
            .put("b", "5", "6")
            .end("end")
            .verify();

    assertThat(verdict.leftOut()).noneMatch(line -> line.contains("SPLIT"));
  }

  @Test
  void windows_of_several_keys_are_not_compared_between_shards_whose_input_goes_on() {
    var verdict =
        perMinute()
            .put("a", "1", "2")
            .put("b", "3")
            .advance(Duration.ofSeconds(61))
            .put("a", "4")
            .verify();

    assertThat(verdict.leftOut())
        .anyMatch(line -> line.startsWith("SPLIT") && line.contains("end(marker)"));
  }

  static final class CountingInAField implements RecordFunction<String, String> {
    private int count;

    @Override
    public void handle(Event<String> event, Output<String> out) {
      out.send(event.value() + " is record " + ++count);
    }
  }

  @Test
  void a_count_in_a_field_is_caught() {
    assertThatThrownBy(() -> eight(byRecord(CountingInAField::new)).verify())
        .isInstanceOf(AssertionError.class)
        .hasMessage(
            "function f comes to something else when the worker stops in order behind record 1 and"
                + " another goes on: output 1 of record 2 (partition key a) is <2 is record 1>, and"
                + " in the plain run it is <2 is record 2>. A usual cause: it keeps something in a"
                + " field instead of its state, or the codec of its state leaves something out. To"
                + " run this variation alone: replaying(\"restart:1\").");
  }

  @Test
  void an_instance_that_outlives_its_worker_is_caught() {
    var one = new CountingInAField();

    assertThatThrownBy(() -> eight(byRecord(() -> one)).verify())
        .hasMessageContaining("when the very same run is made again");
  }

  @Test
  void an_output_that_depends_on_the_batch_is_caught() {
    BatchFunction<String, String> summing =
        batch -> {
          var events = new ArrayList<Event<String>>();
          batch.forEach(events::add);
          batch.out(events.get(events.size() - 1)).send(batch.size() + " records");
        };

    assertThatThrownBy(() -> eight(reading().handledInBatchesBy(() -> summing, out())).verify())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("when the records come in batches of 2, 1, 1, 1, 1, 1, 1:")
        .hasMessageContaining(
            "output 1 of record 1 (partition key a) is missing, and in the plain run it is <1"
                + " records>")
        .hasMessageContaining("replaying(\"batches:2,1,1,1,1,1,1\")");
  }

  @Test
  void a_batch_is_cut_as_the_variation_says() {
    var sizes = new ArrayList<Integer>();
    BatchFunction<String, String> noting = (Batch<String, String> batch) -> sizes.add(batch.size());

    eight(reading().handledInBatchesBy(() -> noting, out()))
        .comparing("nothing", sizes::clear, () -> "nothing")
        .replaying("batches:1,4,3")
        .verify();

    assertThat(sizes).containsExactly(1, 4, 3);
  }

  @Test
  void a_function_that_draws_is_caught() {
    var draws = new SplittableRandom();

    assertThatThrownBy(
            () ->
                eight(byRecord(() -> (event, out) -> out.send(event.value() + draws.nextLong())))
                    .verify())
        .hasMessageContaining("when the very same run is made again: output 1 of record 1")
        .hasMessageContaining("random");
  }

  @Test
  void a_function_that_reads_the_wall_clock_is_caught() {
    assertThatThrownBy(
            () ->
                eight(byRecord(() -> (event, out) -> out.send(event.value() + System.nanoTime())))
                    .verify())
        .hasMessageContaining("when the very same run is made again: output 1 of record 1");
  }

  @Test
  void a_function_whose_output_tells_when_it_ran_is_caught() {
    assertThatThrownBy(
            () ->
                FunctionVerifier.<String, String>of(
                        clock -> byRecord(() -> (event, out) -> out.send("at " + clock.instant())))
                    .put("a", "1")
                    .under(Kind.REDELIVERY)
                    .verify())
        .hasMessageContaining("is sent as <at 2026-01-01T00:00:00Z> and again as <at 2026-01-01T");
  }

  /** Leaves the text out. */
  static final class Forgetful implements Codec<Total> {
    @Override
    public Total decode(byte[] bytes, int version) {
      return new Total(Long.parseLong(new String(bytes, UTF_8)), "");
    }

    @Override
    public byte[] encode(Total total) {
      return Long.toString(total.count()).getBytes(UTF_8);
    }
  }

  @Test
  void a_field_that_the_codec_of_the_state_leaves_out_is_caught() {
    assertThatThrownBy(() -> eight(byKey(Counting::new, new Forgetful())).verify())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(
            "when the worker stops in order behind record 5 and another goes on: the last state of"
                + " key b is <Total[count=2, last=]>, and in the plain run it is <Total[count=2,"
                + " last=5]>")
        .hasMessageContaining("codec");
  }

  /** Records of several keys in one batch are handled in any order. */
  private static List<String> sorted(List<String> ledger) {
    return ledger.stream().sorted().toList();
  }

  @Test
  void an_effect_before_the_commit_is_caught() {
    var ledger = new ArrayList<String>();
    RecordFunction<String, String> booking = (event, out) -> ledger.add(event.value());

    assertThatThrownBy(
            () ->
                eight(byRecord(() -> booking))
                    .comparing("the ledger", ledger::clear, () -> sorted(ledger))
                    .verify())
        .hasMessageContaining(
            "when the worker crashes behind record 1 and what is not committed is delivered again:"
                + " the ledger is <[1, 1, 2, 3, 4, 5, 6, 7, 8]>");
  }

  @Test
  void an_effect_before_the_commit_is_caught_by_a_crash_in_between() {
    var ledger = new ArrayList<String>();
    RecordFunction<String, String> booking = (event, out) -> ledger.add(event.value());

    assertThatThrownBy(
            () ->
                eight(byRecord(() -> booking))
                    .comparing("the ledger", ledger::clear, () -> sorted(ledger))
                    .under(Kind.CRASH)
                    .verify())
        .hasMessageContaining("and the worker crashes before commit 1:")
        .hasMessageContaining("the ledger is <[1, 1, 2, 3, 4, 5, 6, 7, 8]>")
        .hasMessageContaining("replaying(\"crash:0\")");
  }

  /** A crash between the two leaves the record without its output for ever. */
  @Test
  void an_output_that_an_effect_before_it_keeps_from_being_repeated_is_caught() {
    var seen = new HashSet<String>();
    RecordFunction<String, String> once =
        (event, out) -> {
          if (seen.add(event.value())) {
            out.send(event.value());
          }
        };

    assertThatThrownBy(
            () ->
                FunctionVerifier.of(byRecord(() -> once))
                    .put("a", "1", "2")
                    .comparing("what was seen", seen::clear, () -> seen)
                    .verify())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(
            "the worker crashes before the sending of output 1 of record 1 (partition key a):"
                + " output 1 of record 1 (partition key a) is missing")
        .hasMessageContaining("replaying(\"crash:0\")");
  }

  @Test
  void an_effect_behind_once_passes() {
    var ledger = new ArrayList<String>();

    FunctionVerifier.<String, String>of(
            clock -> {
              var store = new InMemoryEffectStore(clock);
              var once = Once.in(store, "f", clock, Duration.ofDays(1));
              return byRecord(
                  () ->
                      (event, out) ->
                          out.send(
                              once.perform(
                                  event,
                                  "book",
                                  new Texts(),
                                  () -> {
                                    ledger.add(event.value());
                                    return event.value() + " is booked";
                                  })));
            })
        .put("a", "1", "2")
        .put("b", "3")
        .comparing("the ledger", ledger::clear, () -> sorted(ledger))
        .verify();
  }

  private record Ledger(List<String> entries) {}

  @Test
  void what_is_one_object_in_all_runs_can_not_be_compared() {
    var ledger = new Ledger(new ArrayList<>());
    RecordFunction<String, String> booking = (event, out) -> ledger.entries().add(event.value());

    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                eight(byRecord(() -> booking))
                    .comparing("the ledger", () -> ledger.entries().clear(), () -> ledger)
                    .verify())
        .withMessageContaining("the ledger is the very same")
        .withMessageContaining("look at a copy");
  }

  @Test
  void collections_within_collections_are_compared_as_they_were() {
    var books = new TreeMap<String, List<String>>();
    RecordFunction<String, String> booking =
        (event, out) ->
            books
                .computeIfAbsent(event.partitionKey(), key -> new ArrayList<>())
                .add(event.value());

    assertThatThrownBy(
            () ->
                FunctionVerifier.of(byRecord(() -> booking))
                    .put("a", "1")
                    .comparing("the books", () -> books.values().forEach(List::clear), () -> books)
                    .verify())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("the books is <{a=[1, 1]}>");
  }

  @Test
  void an_effect_that_may_be_repeated_passes() {
    var ledger = new HashSet<String>();
    RecordFunction<String, String> booking = (event, out) -> ledger.add(event.value());

    eight(byRecord(() -> booking)).comparing("the ledger", ledger::clear, () -> ledger).verify();
  }

  @Test
  void a_crash_between_a_commit_and_its_answer_is_tried() {
    assertThatThrownBy(() -> eight(byRecord(CountingInAField::new)).under(Kind.CRASH).verify())
        .hasMessageContaining(
            "crashes behind commit 1, before it hears that it is stored: output 1 of record 2");
  }

  @Test
  void a_state_of_unequal_instances_is_refused() {
    final class Bare {}

    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                FunctionVerifier.of(
                        reading()
                            .<Bare>handledBy(
                                () -> (event, out) -> out.send(new Bare()),
                                Destination.callback(bare -> {})))
                    .put("a", "1")
                    .verify())
        .withMessageContaining("has no equals(Object)");
  }

  @Test
  void a_scenario_that_shows_nothing_is_refused() {
    assertThatIllegalStateException()
        .isThrownBy(() -> eight(byRecord(() -> (event, out) -> {})).verify())
        .withMessageContaining("neither an output nor state");
    assertThatIllegalStateException()
        .isThrownBy(() -> FunctionVerifier.of(byRecord(CountingInAField::new)).verify())
        .withMessageContaining("no records");
  }

  @Test
  void a_scenario_that_ends_too_early_is_refused() {
    RecordFunction<String, String> failing =
        (event, out) -> {
          out.send("x");
          if (event.value().equals("2")) {
            throw new IllegalStateException("for ever");
          }
        };

    assertThatIllegalStateException()
        .isThrownBy(() -> eight(byRecord(() -> failing)).verify())
        .withMessageContaining("record 2 (partition key a) is not finished");
  }

  @Test
  void a_variation_that_does_not_exist_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> eight(byRecord(CountingInAField::new)).replaying("storm:1"))
        .withMessageContaining("storm:1");
    assertThatIllegalStateException()
        .isThrownBy(() -> eight(byRecord(CountingInAField::new)).replaying("restart:9").verify())
        .withMessageContaining("restart:9");
  }

  /** Reads the first version, too. */
  static final class Versioned implements Codec<Total> {
    private final Codec<Total> json = Json.of(Total.class);

    @Override
    public Total decode(byte[] bytes, int version) throws Exception {
      if (version == 1) {
        return json.decode(bytes, 1);
      }
      var parts = new String(bytes, UTF_8).split(" ", 2);
      return new Total(Long.parseLong(parts[0]), parts[1]);
    }

    @Override
    public byte[] encode(Total total) {
      return (total.count() + " " + total.last()).getBytes(UTF_8);
    }

    @Override
    public int version() {
      return 2;
    }
  }

  @Test
  void a_next_version_that_reads_the_former_state_passes() {
    var verdict =
        eight(byKey(Counting::new, Json.of(Total.class)))
            .rollingTo(byKey(Counting::new, new Versioned()))
            .verify();

    assertThat(verdict.leftOut()).isEmpty();
  }

  @Test
  void a_next_version_that_takes_the_former_state_for_something_else_is_caught() {
    assertThatThrownBy(
            () ->
                eight(byKey(Counting::new, Json.of(Total.class)))
                    .rollingTo(byKey(Counting::new, new Forgetful()))
                    .under(Kind.ROLL)
                    .verify())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("when the next version takes over behind record 1")
        .hasMessageContaining("its state can't be decoded")
        .hasMessageContaining("replaying(\"roll:1\")");
  }

  @Test
  void beyond_eight_records_any_two_gaps_are_cut_in_all_four_ways() {
    var verifier =
        FunctionVerifier.of(byRecord(() -> (event, out) -> out.send(event.value())))
            .under(Kind.BATCHES);
    for (int i = 0; i < 40; i++) {
      verifier.put("k" + i % 3, "v" + i);
    }

    var verdict = verifier.verify();

    assertThat(verdict.runs()).isEqualTo(1 + 1 + 2 * 6);
    assertThat(verdict.leftOut()).anyMatch(line -> line.contains("any two gaps in all four"));
  }

  @Test
  void places_that_are_left_out_are_told() {
    var verifier =
        FunctionVerifier.of(byRecord(() -> (event, out) -> out.send(event.value())))
            .under(Kind.RESTART);
    for (int i = 0; i < 17; i++) {
      verifier.put("a", "v" + i);
    }

    assertThat(verifier.verify().leftOut()).contains("RESTART: of 17 places 16 are tried");
  }

  @Test
  void a_long_scenario_is_disturbed_in_a_bounded_number_of_places() {
    var verifier =
        FunctionVerifier.of(byKey(Counting::new, Json.of(Total.class))).under(Kind.CRASH);
    for (int i = 0; i < 40; i++) {
      verifier.put("k" + i % 3, "v" + i);
    }

    var verdict = verifier.verify();

    assertThat(verdict.runs()).isEqualTo(1 + 1 + 64);
    assertThat(verdict.leftOut()).anyMatch(line -> line.contains("64 are tried"));
  }

  @Test
  void pairs_of_gaps_are_covered() {
    var puts = new ArrayList<Scenario.Step<String>>();
    for (int i = 1; i <= 12; i++) {
      puts.add(new Scenario.Step.Put<>(i, "k", "v"));
    }
    var rows = new ArrayList<>(Variations.of(Kind.BATCHES, new Scenario<>(puts)));
    rows.add(new Variation.Plain());

    for (int i = 1; i < 12; i++) {
      for (int j = i + 1; j < 12; j++) {
        var ways = new HashSet<List<Boolean>>();
        for (var row : rows) {
          ways.add(List.of(row.isTogether(i), row.isTogether(j)));
        }
        assertThat(ways).as("gaps " + i + " and " + j).hasSize(4);
      }
    }
  }
}
