package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.StreamSource;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class WindowHandlerTest {
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);
  private static final HashRange LEFT =
      new HashRange(BigInteger.ZERO, HALF.subtract(BigInteger.ONE));
  private static final HashRange RIGHT = new HashRange(HALF, HashRange.ALL.last());
  private static final Side<String> LATE = Side.named("late", String.class);

  private final List<String> poison = new ArrayList<>();

  private final class Poisoned extends Listing {
    @Override
    public String add(String sum, Event<String> event) {
      if (poison.contains(event.value())) {
        throw new IllegalStateException("poison");
      }
      return super.add(sum, event);
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      if (poison.contains("close")) {
        throw new TerminalFailure("CannotClose", "poison");
      }
      out.send(
          window.key()
              + (window.revision() > 0 ? " " + window.firing() + " " + window.revision() : "")
              + " "
              + window.start().getEpochSecond()
              + ": "
              + sum.strip());
    }
  }

  private Rig rig(Windows windows) {
    return new Rig(
            1,
            FunctionSpec.named("f")
                .reading(Rig.timedInput())
                .sendingSide(LATE, Destination.nowhere())
                .retrying(
                    RetryPolicy.forever().backingOff(Duration.ofMillis(10), Duration.ofSeconds(1)))
                .windowedBy(Keys.partitionKey(), windows, new Texts())
                .handledBy(Poisoned::new, Destination.nowhere()))
        .start()
        .restore();
  }

  private static Windows ten() {
    return Windows.tumbling(Duration.ofSeconds(10));
  }

  @Test
  void a_window_is_closed_when_event_time_has_passed_its_end() {
    var rig = rig(ten());
    rig.putAll("a=x@1", "b=y@2", "a=z@9");
    rig.drain();
    assertThat(rig.outputs).isEmpty();
    rig.put("c", "later@10");
    rig.drain();
    rig.advance(10);
    assertThat(rig.outputs.values()).containsExactlyInAnyOrder("a 0: x@1 z@9", "b 0: y@2");
    assertThat(rig.stateChanges).isEqualTo(2);
    assertThat(rig.events(FunctionEvent.WindowClosed.class)).hasSize(2);
  }

  @Test
  void windows_that_wait_are_told_once_with_what_came_meanwhile() {
    var rig = rig(ten().waiting(Duration.ofSeconds(5)));
    rig.putAll("a=x@1", "a=y@14", "a=z@2", "a=w@15");
    rig.drain();
    rig.advance(10);
    assertThat(rig.outputs.values()).containsExactly("a 0: x@1 z@2");
  }

  @Test
  void a_record_within_the_lateness_has_its_window_told_again_under_the_next_revision() {
    var rig = rig(ten().allowing(Duration.ofSeconds(5)).lateTo(LATE));
    rig.putAll("a=x@1", "a=y@14", "a=z@2", "a=w@3", "a=v@15", "a=gone@4", "a=END");
    rig.drain();
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder(
            "a 0: x@1", "a LATE 1 0: x@1 z@2", "a LATE 2 0: x@1 z@2 w@3", "a 10: y@14 v@15");
    assertThat(rig.sides).containsExactly("gone@4");
  }

  @Test
  void a_window_whose_first_record_is_late_is_told_at_once_as_revision_0() {
    var rig = rig(ten().allowing(Duration.ofSeconds(5)));
    rig.putAll("a=y@12", "a=x@1");
    rig.drain();
    assertThat(rig.outputs.values()).containsExactly("a 0: x@1");
  }

  @Test
  void a_late_record_that_comes_again_finds_its_window_told_before_it_as_at_first() {
    poison.add("p@2");
    var rig = rig(ten().allowing(Duration.ofSeconds(5)));
    rig.putAll("bad=o@1", "bad=p@2", "a=y@12", "bad=late@3");
    rig.advance(5_000);
    rig.commit();
    rig.advance(1_000);
    poison.clear();
    rig.crash();
    rig.drain();
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder("bad 0: o@1 p@2", "bad LATE 1 0: o@1 p@2 late@3");
  }

  @Test
  void a_crash_between_a_late_record_and_what_it_causes_leaves_that_to_the_next_owner() {
    var rig = rig(ten().allowing(Duration.ofSeconds(5)));
    rig.putAll("a=x@1", "a=y@12");
    rig.drain();
    rig.outputsDown = true;
    rig.put("a", "late@2");
    rig.advance(1_000);
    rig.commit();
    rig.advance(1_000);
    rig.outputsDown = false;
    rig.crash();
    rig.drain();
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder("a 0: x@1", "a LATE 1 0: x@1 late@2");
  }

  @Test
  void an_event_time_too_far_ahead_is_its_records_letter_and_tells_no_window() {
    var rig =
        new Rig(
                1,
                FunctionSpec.named("f")
                    .reading(Rig.input().timedBy(Rig::timeOf, Duration.ofSeconds(60)))
                    .windowedBy(Keys.partitionKey(), ten(), new Texts())
                    .handledBy(Poisoned::new, Destination.nowhere()))
            .start()
            .restore();
    rig.put("a", "x@1", Instant.ofEpochSecond(1));
    rig.put("a", "far@4102444800", Instant.ofEpochSecond(2));
    rig.put("a", "past@-4102444800", Instant.ofEpochSecond(2));
    rig.put("a", "y@2", Instant.ofEpochSecond(2));
    rig.put("b", "z@60", Instant.EPOCH);
    rig.drain();
    assertThat(rig.letters).extracting(DeadLetter::code).containsExactly("FutureEventTime");
    assertThat(rig.events(FunctionEvent.LateDropped.class)).hasSize(1);
    assertThat(rig.outputs.values()).containsExactly("a 0: x@1 y@2");
  }

  @Test
  void days_of_a_zone_have_23_or_25_hours_where_clocks_change() {
    var days = Windows.daily(ZoneId.of("Europe/Berlin"));
    assertThat(days.of(Instant.parse("2026-03-29T12:00:00Z")))
        .containsExactly(
            new Windows.Span(
                Instant.parse("2026-03-28T23:00:00Z"), Instant.parse("2026-03-29T22:00:00Z")));
    assertThat(days.of(Instant.parse("2026-10-25T01:30:00Z")))
        .containsExactly(
            new Windows.Span(
                Instant.parse("2026-10-24T22:00:00Z"), Instant.parse("2026-10-25T23:00:00Z")));
  }

  @Test
  void a_late_record_goes_to_its_side_or_is_counted() {
    var sided = rig(ten().lateTo(LATE));
    sided.putAll("a=x@1", "a=y@20");
    var late = sided.put("a", "late@3");
    sided.drain();
    assertThat(sided.sides).containsExactly("late@3");
    assertThat(sided.settled).containsEntry(late, Outcome.HANDLED);

    var counted = rig(ten());
    counted.putAll("a=x@1", "a=y@20");
    late = counted.put("a", "late@3");
    counted.drain();
    assertThat(counted.settled).containsEntry(late, Outcome.FILTERED);
    assertThat(counted.events(FunctionEvent.LateDropped.class)).hasSize(1);
    assertThat(counted.outputs.values()).containsExactly("a 0: x@1");
  }

  @Test
  void the_end_of_input_closes_all_windows_and_is_settled_after_them() {
    var rig = rig(ten().allowing(Duration.ofHours(1)));
    rig.putAll("a=x@1", "b=y@5", "a=z@100");
    rig.drain();
    rig.outputsDown = true;
    var end = rig.put("any", "END");
    rig.advance(60_000);
    assertThat(rig.settled).doesNotContainKey(end);

    rig.outputsDown = false;
    rig.drain();
    assertThat(rig.settled).containsEntry(end, Outcome.FILTERED);
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder("a 0: x@1", "b 0: y@5", "a 100: z@100");
    var late = rig.put("a", "late@200");
    rig.drain();
    assertThat(rig.settled)
        .as("what comes after the end is late")
        .containsEntry(late, Outcome.FILTERED);
  }

  @Test
  void hopping_windows_overlap() {
    var rig = rig(Windows.hopping(Duration.ofSeconds(10), Duration.ofSeconds(5)));
    rig.putAll("a=x@7", "a=y@12", "a=END");
    rig.drain();
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder("a 0: x@7", "a 5: x@7 y@12", "a 10: y@12");
  }

  @Test
  void a_poison_key_keeps_only_its_own_windows_open() {
    poison.add("p@2");
    var rig = rig(ten());
    rig.putAll("bad=o@1", "bad=p@2", "a=x@3", "bad=q@4", "a=y@20");
    rig.advance(5_000);
    assertThat(rig.outputs.values()).containsExactly("a 0: x@3");
    poison.clear();
    rig.drain();
    rig.advance(1_000);
    assertThat(rig.outputs.values()).contains("bad 0: o@1 p@2 q@4");
  }

  @Test
  void a_window_that_can_not_be_closed_leaves_its_sum_in_a_letter() {
    poison.add("close");
    var rig = rig(ten());
    rig.putAll("a=x@1", "a=END");
    rig.drain();
    assertThat(rig.letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.code()).isEqualTo("CannotClose");
              assertThat(letter.id()).startsWith("window/a/a/1970-01-01T00:00:00Z/");
              assertThat(new String(letter.payloadBytes(), UTF_8)).isEqualTo("x@1 ");
            });
  }

  @Test
  void an_undecodable_record_moves_no_watermark_and_delays_nobody() {
    var rig = rig(ten());
    rig.putAll("a=bad@99", "a=x@1", "a=notime", "a=y@11");
    rig.drain();
    rig.advance(10);
    assertThat(rig.letters)
        .extracting(DeadLetter::code)
        .containsExactlyInAnyOrder("Undecodable", "NoEventTime");
    assertThat(rig.outputs.values()).containsExactly("a 0: x@1");
  }

  @Test
  void a_payload_key_or_time_that_overflows_the_stack_is_its_records_letter() {
    var texts = new Texts();
    var codec =
        new Codec<String>() {
          @Override
          public String decode(byte[] bytes, int version) {
            var text = texts.decode(bytes, version);
            if (text.equals("deep")) {
              throw new StackOverflowError();
            }
            return text;
          }

          @Override
          public byte[] encode(String value) {
            return texts.encode(value);
          }
        };
    var rig =
        new Rig(
                1,
                FunctionSpec.named("f")
                    .reading(
                        Input.of(StreamSource.kinesis("in"), codec)
                            .timedBy(value -> overflowing("deeptime", value, Instant.EPOCH)))
                    .windowedBy(
                        Keys.within(value -> overflowing("deepkey", value, value)), ten(), texts)
                    .handledBy(Poisoned::new, Destination.nowhere()))
            .start()
            .restore();
    rig.putAll("a=deep", "a=deepkey", "a=deeptime", "a=fine");
    rig.drain();
    assertThat(rig.failed).isNull();
    assertThat(rig.letters)
        .extracting(DeadLetter::code)
        .containsExactlyInAnyOrder("Undecodable", "NoKey", "NoEventTime");
  }

  /** Stored, both would be one key, and another one than before. */
  @Test
  void a_key_that_was_cut_within_a_character_is_its_records_letter() {
    var rig =
        new Rig(
                1,
                FunctionSpec.named("f")
                    .reading(Input.of(StreamSource.kinesis("in"), new Texts()))
                    .windowedBy(Keys.within(value -> value.substring(0, 2)), ten(), new Texts())
                    .handledBy(Poisoned::new, Destination.nowhere()))
            .start()
            .restore();
    rig.putAll("a=x\ud83d\ude00", "a=x\ud83c\udf0d", "a=\ud83d\ude00y");
    rig.drain();

    assertThat(rig.letters).extracting(DeadLetter::code).containsExactly("NoKey", "NoKey");
    assertThat(rig.letters.get(0).message()).contains("character 1");
  }

  private static <T> T overflowing(String deep, String value, T otherwise) {
    if (value.equals(deep)) {
      throw new StackOverflowError();
    }
    return otherwise;
  }

  @Test
  void user_code_that_finds_keys_never_runs_on_the_worker_loop() {
    var threads = new ArrayList<Boolean>();
    var inPool = new AtomicBoolean();
    var rig =
        new Rig(
            1,
            FunctionSpec.named("f")
                .reading(Rig.input())
                .windowedBy(
                    Keys.within(
                        value -> {
                          threads.add(inPool.get());
                          return value;
                        }),
                    ten(),
                    new Texts())
                .handledBy(Poisoned::new, Destination.nowhere()));
    rig.pool =
        task ->
            rig.loop.execute(
                () -> {
                  inPool.set(true);
                  task.run();
                  inPool.set(false);
                });
    rig.start().restore();
    rig.put("a", "x");
    rig.drain();
    assertThat(threads).containsExactly(true);
  }

  @Test
  void no_two_windows_share_an_id_whatever_their_keys_hold() {
    var rig =
        new Rig(
                1,
                FunctionSpec.named("f")
                    .reading(Rig.input().timedBy(value -> Instant.EPOCH).endedBy("END"::equals))
                    .windowedBy(Keys.within(value -> value), ten(), new Texts())
                    .handledBy(Poisoned::new, Destination.nowhere()))
            .start()
            .restore();
    rig.putAll("a=b/c", "a/b=c", "a%2Fb=c", "z=END");
    rig.drain();
    assertThat(rig.outputsSent).isEqualTo(3);
    assertThat(rig.outputs).hasSize(3);
  }

  @Test
  void a_sum_that_is_null_is_the_records_failure_and_is_never_stored() {
    var function =
        new WindowFunction<String, String, String>() {
          @Override
          public String empty() {
            return "";
          }

          @Override
          @SuppressWarnings("NullAway")
          public String add(String sum, Event<String> event) {
            return event.value().equals("null") ? null : event.value();
          }

          @Override
          public String merge(String left, String right) {
            return left + right;
          }

          @Override
          public void close(Window window, String sum, Output<String> out) {
            out.send(sum);
          }
        };
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(RetryPolicy.upTo(0))
                    .windowedBy(Keys.partitionKey(), ten(), new NullableTexts())
                    .handledBy(() -> function, Destination.nowhere()))
            .start()
            .restore();
    rig.putAll("a=null", "b=fine");
    rig.drain();
    assertThat(rig.letters).singleElement().extracting(DeadLetter::partitionKey).isEqualTo("a");
  }

  /** As many codecs do, writes null as something and reads it as null. */
  private record NullableTexts() implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return String.valueOf(value).getBytes(UTF_8);
    }
  }

  @Test
  void a_record_on_time_at_first_is_on_time_when_it_comes_again() {
    poison.add("p@2");
    var rig = rig(ten());
    rig.putAll("bad=p@2", "a=x@3", "a=y@20");
    rig.advance(5_000);
    rig.commit();
    rig.advance(1_000);
    poison.clear();
    rig.crash();
    rig.drain();
    rig.advance(1_000);
    assertThat(rig.outputs.values()).containsExactlyInAnyOrder("a 0: x@3", "bad 0: p@2");
    assertThat(rig.events(FunctionEvent.LateDropped.class)).isEmpty();
  }

  @Test
  void a_window_that_was_due_at_the_crash_is_closed_by_the_next_owner_without_a_record() {
    var rig = rig(ten());
    rig.putAll("a=x@1");
    rig.drain();
    rig.outputsDown = true;
    rig.put("b", "y@20");
    rig.advance(1_000);
    rig.commit();
    rig.advance(1_000);
    rig.outputsDown = false;
    rig.crash();
    rig.advance(1_000);
    assertThat(rig.outputs.values()).containsExactly("a 0: x@1");
  }

  @Test
  void after_a_merge_no_window_is_closed_twice_and_none_is_lost() {
    var root = rig(ten());
    var left = key(LEFT);
    var right = key(RIGHT);
    root.putAll(left + "=x@1", right + "=y@1");
    root.drain();
    var ahead = root.child("shardId-000000000001", LEFT, root);
    var behind = root.child("shardId-000000000002", RIGHT, root);
    ahead.put(left, "far@50");
    ahead.drain();
    ahead.advance(10);
    assertThat(ahead.outputs.values()).containsExactly(left + " 0: x@1");

    var merged = ahead.child("shardId-000000000003", HashRange.ALL, ahead, behind);
    var late = merged.put(left, "again@2");
    merged.put(right, "z@2");
    merged.drain();
    assertThat(merged.settled).as("closed before the merge").containsEntry(late, Outcome.FILTERED);
    merged.put(right, "END");
    merged.advance(10_000);
    assertThat(merged.outputs.values())
        .containsExactlyInAnyOrder(right + " 0: y@1 z@2", left + " 50: far@50");
  }

  @Test
  void a_window_that_two_parents_hold_is_merged() {
    var one = rig(ten());
    one.put("a", "x@1");
    one.drain();
    var other = rig(ten());
    other.chunks = one.chunks;
    other.shard = Shard.root("shardId-000000000009");
    other.start().restore();
    other.put("a", "y@2");
    other.drain();
    var merged = one.child("shardId-000000000003", HashRange.ALL, one, other);
    merged.put("a", "END");
    merged.drain();
    assertThat(merged.outputs.values()).containsExactly("a 0: x@1 y@2");
  }

  private static String key(HashRange range) {
    var key = "k";
    while (!range.holds(key)) {
      key += "k";
    }
    return key;
  }
}
