package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.CheckpointException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What goes wrong around an outbox. */
class OutboxTroublesTest {
  /** Sends key and value. */
  private static final class Echo implements KeyedFunction<String, String, String> {
    private final String filler;

    Echo(String filler) {
      this.filler = filler;
    }

    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      out.send(event.partitionKey() + " " + event.value() + filler);
      return Next.state(event.value());
    }
  }

  /** Sets a timer, and sends. */
  private static final class Waking implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      out.send(event.value());
      return Next.state("set").wakeAfter("late", Duration.ofHours(1));
    }

    @Override
    public Next<String> onTimer(String state, WakeUp timer, Output<String> out) {
      return Next.same();
    }
  }

  /** Writes its version in front of each value, unless it is the first. */
  private record Versioned(int version) implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int written) {
      var text = new String(bytes, UTF_8);
      return written == 1 ? text : text.substring(2);
    }

    @Override
    public byte[] encode(String value) {
      return (version == 1 ? value : version + ":" + value).getBytes(UTF_8);
    }
  }

  private static Destination<String> stream() {
    return Destination.stream("out", new Texts(), value -> value.split(" ", 2)[0]);
  }

  private static FunctionSpec.Keyed<String, String> keyed() {
    return Rig.reading().keyedBy(Keys.partitionKey(), new Texts());
  }

  private static FunctionSpec<String, String> keptBy(int version) {
    var callback = Destination.<String>callback(value -> {}).keptBy(new Versioned(version));
    return keyed().handledBy(() -> new Echo(""), callback);
  }

  private static void commit(Rig rig) {
    rig.commit();
    rig.advance(1_000);
  }

  @Test
  void a_shard_that_can_not_be_restored_sends_nothing_however_often_it_is_tried() {
    var rig = new Rig(1, keyed().handledBy(Waking::new, stream())).start().restore();
    rig.outputsDown = true;
    rig.put("a", "1");
    rig.drain();
    commit(rig);
    rig.outputsDown = false;
    rig.redeploy(keyed().handledBy(() -> new Echo(""), stream()));
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(rig::crash).hasStackTraceContaining("timers are stored");
      rig.advance(1_000);
    }
    assertThat(rig.outputsSent).isZero();
    rig.redeploy(keyed().handledBy(Waking::new, stream()));
    rig.crash();
    rig.advance(1_000);
    assertThat(rig.outputs.values()).containsExactly("1");
  }

  @Test
  void what_is_kept_by_a_codec_is_read_by_the_version_that_wrote_it() {
    for (int from = 1; from <= 2; from++) {
      var rig = new Rig(1, keptBy(from)).start().restore();
      rig.outputsDown = true;
      rig.put("a", "1");
      rig.drain();
      commit(rig);
      rig.outputsDown = false;
      rig.redeploy(keptBy(from + 1));
      rig.crash();
      rig.advance(1_000);
      assertThat(rig.outputs.values()).containsExactly("a 1");
    }
  }

  @Test
  void what_a_newer_codec_has_kept_is_refused_by_its_version() {
    var rig = new Rig(1, keptBy(3)).start().restore();
    rig.outputsDown = true;
    rig.put("a", "1");
    rig.drain();
    commit(rig);
    rig.redeploy(keptBy(2));
    assertThatThrownBy(rig::crash)
        .hasRootCauseInstanceOf(IllegalArgumentException.class)
        .hasStackTraceContaining(CheckpointException.class.getName())
        .hasStackTraceContaining("version 3");
  }

  @Test
  void a_commit_is_hurried_by_what_waits_for_it_and_not_by_what_its_sink_refuses() {
    var filler = "x".repeat(1 << 20);
    var rig = new Rig(1, keyed().handledBy(() -> new Echo(filler), stream())).start().restore();
    rig.outputsDown = true;
    List<Duration> wanted = rig.commitsWanted;
    for (int i = 0; i < 6; i++) {
      rig.put("k" + i, "1");
      rig.drain();
      commit(rig);
    }
    assertThat(wanted).hasSize(6).doesNotContain(Duration.ZERO);
    rig.outputsDown = false;
    rig.advance(60_000);
    for (int i = 0; i < 4; i++) {
      rig.put("l" + i, "1");
      rig.drain();
    }
    assertThat(wanted).hasSize(10).endsWith(Duration.ZERO);
  }

  @Test
  void an_output_that_its_sink_refuses_for_good_is_a_dead_letter_and_holds_up_nothing() {
    var state = keyed().handledBy(() -> new Echo(""), stream());
    var none =
        Rig.reading()
            .handledBy(
                () -> (event, out) -> out.send(event.partitionKey() + " " + event.value()),
                stream());
    for (var spec : List.of(state, none)) {
      var rig = new Rig(1, spec).start().restore();
      rig.refused = "a 2"::equals;
      rig.lettersDown = true;
      rig.putAll("a=1", "a=2", "a=3", "b=2");
      rig.advance(10_000);
      commit(rig);
      assertThat(rig.outputs.values()).contains("b 2").doesNotContain("a 3");
      rig.lettersDown = false;
      rig.drain();
      commit(rig);
      rig.advance(30_000);
      assertThat(rig.outputs.values()).containsExactlyInAnyOrder("a 1", "b 2", "a 3");
      assertThat(rig.letters).hasSize(1);
      var letter = rig.letters.get(0);
      assertThat(letter.code()).isEqualTo("OutputRefused");
      assertThat(letter.partitionKey()).isEqualTo("a");
      assertThat(letter.payloadBytes()).isEqualTo("a 2".getBytes(UTF_8));
      assertThat(rig.outputs).doesNotContainKey(letter.id());
      commit(rig);
      rig.crash();
      rig.advance(30_000);
      assertThat(rig.letters).hasSize(1);
    }
  }

  @Test
  void a_sink_that_is_there_again_and_refuses_an_output_is_not_told_as_down() {
    var rig = new Rig(1, keyed().handledBy(() -> new Echo(""), stream())).start().restore();
    rig.outputsDown = true;
    rig.putAll("a=1", "a=2", "a=3");
    rig.drain();
    commit(rig);
    rig.advance(10_000);
    rig.outputsDown = false;
    rig.refused = "a 2"::equals;
    rig.advance(60_000);
    assertThat(rig.outputs.values()).containsExactly("a 1", "a 3");
    var troubles = new SinkTroubles();
    rig.events.forEach(troubles::on);
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class)).isNotEmpty();
    assertThat(troubles.sentences()).isEmpty();
  }

  @Test
  void what_would_be_gone_with_its_letter_is_tried_again() {
    var callback = Destination.<String>callback(value -> {});
    var spec = Rig.reading().handledBy(() -> (event, out) -> out.send(event.value()), callback);
    var rig = new Rig(1, spec).start().restore();
    rig.refused = "1"::equals;
    rig.put("a", "1");
    rig.advance(60_000);
    assertThat(rig.letters).isEmpty();
    rig.refused = output -> false;
    rig.advance(60_000);
    assertThat(rig.outputs.values()).containsExactly("1");
  }
}
