package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardHandler.Outcome;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MisroutedGateTest {
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);
  private static final HashRange LEFT =
      new HashRange(BigInteger.ZERO, HALF.subtract(BigInteger.ONE));

  private static final String OURS = keyWhere(true);
  private static final String THEIRS = keyWhere(false);

  /** A kind of function that answers each value with itself. */
  record Kind(
      String name, Function<FunctionSpec.Reading<String>, FunctionSpec<String, String>> build) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Kind> kinds() {
    return Stream.concat(stateless(), Stream.of(keyed(), windowed()));
  }

  static Stream<Kind> stateless() {
    return Stream.of(
        new Kind(
            "plain",
            reading -> reading.handledBy(() -> (event, out) -> out.send(event.value()), nowhere())),
        new Kind(
            "batched",
            reading ->
                reading.handledInBatchesBy(
                    () -> batch -> batch.forEach(e -> batch.out(e).send(e.value())), nowhere())));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void by_default_what_belongs_elsewhere_goes_to_the_dead_letters_and_the_rest_is_handled(
      Kind kind) {
    var rig = rig(kind, Rig.input());

    var put = rig.putAggregated(OURS + "=a", THEIRS + "=b", OURS + "=c", THEIRS + "=d");
    rig.drain();

    assertThat(rig.settled)
        .containsEntry(put.get(0), Outcome.HANDLED)
        .containsEntry(put.get(1), Outcome.DEAD_LETTERED)
        .containsEntry(put.get(2), Outcome.HANDLED)
        .containsEntry(put.get(3), Outcome.DEAD_LETTERED);
    assertThat(rig.letters)
        .extracting(
            DeadLetter::code,
            DeadLetter::id,
            DeadLetter::partitionKey,
            DeadLetter::attempts,
            letter -> new String(letter.payloadBytes(), UTF_8))
        .containsExactlyInAnyOrder(
            tuple("Misrouted", idOf(rig, put.get(1)), THEIRS, 0, "b"),
            tuple("Misrouted", idOf(rig, put.get(3)), THEIRS, 0, "d"));
    assertThat(rig.outputs.values()).doesNotContain("b", "d");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void dropped_records_have_an_outcome_of_their_own_and_leave_no_letter(Kind kind) {
    var rig = rig(kind, Rig.input().misrouted(Misrouted.DROP));

    var put = rig.putAggregated(THEIRS + "=a", OURS + "=b", THEIRS + "=c");
    rig.drain();

    assertThat(rig.settled)
        .containsEntry(put.get(0), Outcome.DROPPED_AS_MISROUTED)
        .containsEntry(put.get(1), Outcome.HANDLED)
        .containsEntry(put.get(2), Outcome.DROPPED_AS_MISROUTED);
    assertThat(rig.letters).isEmpty();
    assertThat(rig.outputs.values()).doesNotContain("a", "c");
  }

  @ParameterizedTest
  @MethodSource("stateless")
  void delivered_records_reach_functions_without_state(Kind kind) {
    var rig = rig(kind, Rig.input().misrouted(Misrouted.DELIVER));

    rig.putAggregated(OURS + "=a", THEIRS + "=b");
    rig.drain();

    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED);
    assertThat(rig.outputs.values()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void delivered_records_never_touch_state() {
    for (var kind : List.of(keyed(), windowed())) {
      var rig = rig(kind, Rig.input().misrouted(Misrouted.DELIVER));

      var put = rig.putAggregated(OURS + "=a", THEIRS + "=b");
      rig.drain();

      assertThat(rig.settled).containsEntry(put.get(1), Outcome.DEAD_LETTERED);
      assertThat(rig.letters).extracting(DeadLetter::code).containsExactly("ForeignKey");
      assertThat(rig.events(FunctionEvent.ForeignKeyFound.class))
          .as(kind.name())
          .singleElement()
          .extracting(FunctionEvent.ForeignKeyFound::position)
          .isEqualTo(put.get(1));
    }
  }

  @ParameterizedTest
  @EnumSource(Misrouted.class)
  void every_one_of_them_is_told_and_counted_for_its_shard(Misrouted fate) {
    var rig = rig(stateless().findFirst().orElseThrow(), Rig.input().misrouted(fate));

    rig.putAggregated(THEIRS + "=secret", OURS + "=a", THEIRS + "=secret");
    rig.putAggregated(THEIRS + "=secret");
    rig.drain();

    var told = rig.events(FunctionEvent.MisroutedFound.class);
    assertThat(told).extracting(FunctionEvent.MisroutedFound::count).containsExactly(1L, 2L, 3L);
    assertThat(told)
        .allSatisfy(
            found -> {
              assertThat(found.fate()).isEqualTo(fate);
              assertThat(found.shard()).isEqualTo(rig.shardKey());
            });
    assertThat(rig.events.toString()).doesNotContain("secret").doesNotContain(THEIRS);
  }

  @Test
  void while_the_sink_is_down_they_wait_and_others_go_on() {
    var rig = rig(keyed(), Rig.input());
    rig.lettersDown = true;

    var put = rig.putAggregated(THEIRS + "=a", OURS + "=b");
    rig.advance(60_000);
    assertThat(rig.settled).containsOnlyKeys(put.get(1));
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class)).isNotEmpty();

    rig.lettersDown = false;
    rig.drain();
    assertThat(rig.settled).containsEntry(put.get(0), Outcome.DEAD_LETTERED);
    assertThat(rig.letters).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(Misrouted.class)
  void a_crash_before_the_commit_settles_them_anew(Misrouted fate) {
    var rig = rig(stateless().findFirst().orElseThrow(), Rig.input().misrouted(fate));
    rig.putAggregated(THEIRS + "=a", OURS + "=b");
    rig.drain();
    rig.commit();
    rig.advance(1_000);
    rig.putAggregated(OURS + "=c", THEIRS + "=d");

    rig.crash();
    rig.drain();

    assertThat(rig.settled).hasSize(4);
    assertThat(rig.letters)
        .extracting(letter -> new String(letter.payloadBytes(), UTF_8))
        .allMatch(List.of("a", "d")::contains);
  }

  @Test
  void a_record_that_came_by_itself_is_never_misrouted() {
    var rig = rig(stateless().findFirst().orElseThrow(), Rig.input());

    var foreign = rig.put(THEIRS, "a");
    rig.drain();

    assertThat(rig.settled).containsEntry(foreign, Outcome.HANDLED);
    assertThat(rig.outputs.values()).containsExactly("a");
    assertThat(rig.events(FunctionEvent.MisroutedFound.class)).isEmpty();
  }

  private static Rig rig(Kind kind, Input<String> input) {
    var spec =
        kind.build()
            .apply(
                FunctionSpec.named("f")
                    .reading(input)
                    .batching(10, Duration.ZERO)
                    .retrying(RetryPolicy.upTo(1)));
    var rig = new Rig(1, spec);
    rig.shard = new Shard(rig.shard.id(), List.of(), LEFT);
    return rig.start().restore();
  }

  private static Kind keyed() {
    return new Kind(
        "keyed",
        reading ->
            reading.keyedBy(Keys.partitionKey(), new Texts()).handledBy(Joined::new, nowhere()));
  }

  private static Kind windowed() {
    return new Kind(
        "windowed",
        reading ->
            reading
                .windowedBy(
                    Keys.partitionKey(), Windows.tumbling(Duration.ofMinutes(1)), new Texts())
                .handledBy(Sums::new, nowhere()));
  }

  private static Destination<String> nowhere() {
    return Destination.nowhere();
  }

  private static String idOf(Rig rig, Position position) {
    return Decoder.id(rig.shardKey(), position).toString();
  }

  private static String keyWhere(boolean ours) {
    return Stream.iterate(0, i -> i + 1)
        .map(i -> "key-" + i)
        .filter(key -> LEFT.holds(key) == ours)
        .findFirst()
        .orElseThrow();
  }

  private static final class Joined implements KeyedFunction<String, String, String> {
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

  private static final class Sums implements WindowFunction<String, String, String> {
    @Override
    public String empty() {
      return "";
    }

    @Override
    public String add(String sum, Event<String> event) {
      return sum + event.value();
    }

    @Override
    public String merge(String left, String right) {
      return left + right;
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      out.send(sum);
    }
  }
}
