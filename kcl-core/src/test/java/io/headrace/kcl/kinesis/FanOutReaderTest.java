package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.TransitionTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class FanOutReaderTest {
  private static final String ARN =
      "arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/app:1";
  private static final FanOutAction CANCEL = new FanOutAction.Cancel();
  private static final FanOutAction POLL = new FanOutAction.Poll();

  private final Set<TransitionTable.Edge<FanOutPhase>> visited = new LinkedHashSet<>();

  @TestFactory
  Stream<DynamicTest> a_reader() {
    return scenarios().entrySet().stream()
        .map(s -> DynamicTest.dynamicTest(s.getKey(), () -> s.getValue().accept(new Script())));
  }

  @Test
  void visits_every_transition_of_its_table() {
    scenarios().values().forEach(scenario -> scenario.accept(new Script()));

    assertThat(visited).containsAll(FanOutReader.TABLE.edges());
  }

  @Test
  void the_committed_diagram_is_its_table() throws IOException {
    var page =
        "# How a shard is read by enhanced fan-out\n\n"
            + "One for each shard that is read so (`FanOutReader`); SEEKING and BRIDGING poll.\n"
            + "Drawn from the transition table by `FanOutReaderTest`; write it anew with"
            + " `-Dheadrace.diagrams.write=true`.\n\n```mermaid\n"
            + FanOutReader.TABLE.mermaid()
            + "```\n";
    var path = Path.of("..", "docs", "fan-out-states.md");
    if (Boolean.getBoolean("headrace.diagrams.write")) {
      Files.writeString(path, page);
    }
    assertThat(path).as("written with -Dheadrace.diagrams.write=true").hasContent(page);
  }

  private Map<String, Consumer<Script>> scenarios() {
    var all = new LinkedHashMap<String, Consumer<Script>>();
    all.put("polls until there is a consumer, and says why there is none", this::seeks);
    all.put("subscribes with the next demand once there is one", this::subscribes);
    all.put("asks for one event at a time, and for none without demand", this::asks);
    all.put("answers with nothing when nothing comes in time", this::waits);
    all.put("renews between 240 and 295 s, at once if somebody waits", this::renews);
    all.put("renews no subscription that nobody reads from", this::renews_on_demand);
    all.put("polls for 5.2 s when the shard was subscribed to a moment ago", this::is_early);
    all.put("asks who owns the shard when it is taken over", this::is_taken_over);
    all.put("leaves a shard alone for longer each time it is taken over", this::is_at_war);
    all.put("looks for the consumer again when it is gone", this::loses_consumer);
    all.put("polls for a minute when it is refused, and says why", this::is_refused);
    all.put("subscribes again at once after an error, but not within 5.2 s", this::fails);
    all.put("waits longer after each failure, and tells of the third", this::backs_off);
    all.put("gives up a subscription that is silent", this::is_silent);
    all.put("counts silence from when somebody looks", this::forgives_silence);
    all.put("counts no failure while nobody waits", this::forgives_failure);
    all.put("goes on after the service's own end", this::completes);
    all.put("takes ends before any event for failures, and tells of the third", this::is_barren);
    all.put("heeds no word on a consumer that it has", this::has_consumer);
    all.put("ends where the shard ends", this::ends);
    return all;
  }

  private void seeks(Script reader) {
    assertThat(reader.tell(new FanOutEvent.Demanded())).containsExactly(POLL);
    reader.tell(new FanOutEvent.Answered());
    assertThat(reader.tell(new FanOutEvent.Missing("it is forbidden")))
        .containsExactly(new FanOutAction.Tell("polling, since it is forbidden"));
    assertThat(reader.tell(new FanOutEvent.Missing("it is forbidden"))).isEmpty();
  }

  private void subscribes(Script reader) {
    reader.tell(new FanOutEvent.Demanded());
    assertThat(reader.tell(new FanOutEvent.Found(ARN))).isEmpty();
    reader.tell(new FanOutEvent.Answered());
    assertThat(reader.tell(new FanOutEvent.Demanded())).containsExactly(subscribe(1));
    assertThat(reader.tell(new FanOutEvent.Opened(1)))
        .containsExactly(
            new FanOutAction.RenewBetween(1, Duration.ofSeconds(240), Duration.ofSeconds(295)),
            new FanOutAction.Tell("enhanced fan-out, consumer app"));
  }

  private void asks(Script reader) {
    reader.streaming();
    reader.tell(new FanOutEvent.Pushed(1));
    assertThat(reader.tell(new FanOutEvent.Answered())).isEmpty();
    assertThat(reader.tell(new FanOutEvent.Demanded())).containsExactly(new FanOutAction.Request());
    reader.tell(new FanOutEvent.Answered());
    assertThat(reader.tell(new FanOutEvent.Demanded())).as("one is owed").isEmpty();
  }

  private void waits(Script reader) {
    reader.found().tell(new FanOutEvent.Demanded());
    assertThat(reader.after(1).tell(new FanOutEvent.Waited()))
        .containsExactly(new FanOutAction.AnswerEmpty());
    reader.tell(new FanOutEvent.Answered());
    reader.tell(new FanOutEvent.Demanded());
    reader.tell(new FanOutEvent.Opened(1));
    assertThat(reader.after(1).tell(new FanOutEvent.Waited()))
        .containsExactly(new FanOutAction.AnswerEmpty());
  }

  private void renews(Script reader) {
    reader.streaming();
    assertThat(reader.after(250).tell(new FanOutEvent.RenewalDue(1)))
        .containsExactly(CANCEL, subscribe(2));
    assertThat(reader.tell(new FanOutEvent.Closed(1, SubscriptionEnd.COMPLETED, "")))
        .as("of the older one")
        .isEmpty();
    assertThat(reader.tell(new FanOutEvent.Pushed(1))).isEmpty();
  }

  private void renews_on_demand(Script reader) {
    reader.streaming().tell(new FanOutEvent.Pushed(1));
    reader.tell(new FanOutEvent.Answered());
    assertThat(reader.after(250).tell(new FanOutEvent.RenewalDue(1))).containsExactly(CANCEL);
    assertThat(reader.after(600).tell(new FanOutEvent.Demanded())).containsExactly(subscribe(2));
  }

  private void is_early(Script reader) {
    reader.found().tell(new FanOutEvent.Demanded());
    assertThat(reader.tell(new FanOutEvent.Closed(1, SubscriptionEnd.IN_USE, "in use")))
        .containsExactly(CANCEL, POLL);
    reader.answered();
    assertThat(reader.after(5).tell(new FanOutEvent.Demanded())).containsExactly(POLL);
    reader.answered();
    assertThat(reader.after(0.2).tell(new FanOutEvent.Demanded())).containsExactly(subscribe(2));
  }

  private void is_taken_over(Script reader) {
    reader.streaming().after(100);
    assertThat(reader.tell(new FanOutEvent.Closed(1, SubscriptionEnd.IN_USE, "in use")))
        .containsExactly(CANCEL, POLL);
    reader.answered();
    reader.owned = false;
    assertThat(reader.after(60).tell(new FanOutEvent.Demanded()))
        .as("whose lease has ended never takes the shard back")
        .containsExactly(POLL);
    reader.answered();
    reader.owned = true;
    assertThat(reader.tell(new FanOutEvent.Demanded())).containsExactly(subscribe(2));
  }

  private void is_at_war(Script reader) {
    reader.streaming();
    long number = 1;
    for (double wait : new double[] {5.2, 10.4}) {
      reader.after(30);
      var done = reader.tell(new FanOutEvent.Closed(number, SubscriptionEnd.IN_USE, "in use"));
      assertThat(done).contains(POLL);
      assertThat(done.stream().anyMatch(FanOutAction.Tell.class::isInstance))
          .isEqualTo(number == 2);
      reader.answered();
      reader.after(wait - 0.1);
      assertThat(reader.tell(new FanOutEvent.Demanded())).containsExactly(POLL);
      reader.answered();
      assertThat(reader.after(0.1).tell(new FanOutEvent.Demanded()))
          .containsExactly(subscribe(++number));
      reader.tell(new FanOutEvent.Opened(number));
    }
    reader.after(250).tell(new FanOutEvent.RenewalDue(number));
    reader.tell(new FanOutEvent.Opened(++number));
    reader.after(30).tell(new FanOutEvent.Closed(number, SubscriptionEnd.IN_USE, "in use"));
    reader.answered();
    assertThat(reader.after(5.2).tell(new FanOutEvent.Demanded()))
        .as("after a subscription that lasted")
        .containsExactly(subscribe(++number));
  }

  private void loses_consumer(Script reader) {
    reader.streaming();
    assertThat(reader.tell(new FanOutEvent.Closed(1, SubscriptionEnd.NOT_FOUND, "gone")))
        .containsExactly(CANCEL, new FanOutAction.SeekAgain(ARN), POLL);
    reader.answered();
    reader.tell(new FanOutEvent.Found(ARN));
    assertThat(reader.tell(new FanOutEvent.Demanded())).containsExactly(subscribe(2));
    reader.tell(new FanOutEvent.Closed(2, SubscriptionEnd.NOT_FOUND, "gone"));
    assertThat(reader.machine.phase()).isEqualTo(FanOutPhase.SEEKING);
  }

  private void is_refused(Script reader) {
    reader.found().tell(new FanOutEvent.Demanded());
    assertThat(reader.tell(new FanOutEvent.Closed(1, SubscriptionEnd.REFUSED, "no right")))
        .containsExactly(new FanOutAction.Tell("polling, since no right"), CANCEL, POLL);
    reader.answered();
    assertThat(reader.after(59).tell(new FanOutEvent.Demanded())).containsExactly(POLL);
    reader.answered();
    assertThat(reader.after(1).tell(new FanOutEvent.Demanded())).containsExactly(subscribe(2));
  }

  private void fails(Script reader) {
    reader.streaming().after(3);
    assertThat(reader.tell(new FanOutEvent.Closed(1, SubscriptionEnd.FAILED, "reset")))
        .containsExactly(CANCEL, POLL);
    reader.answered();
    assertThat(reader.after(2.2).tell(new FanOutEvent.Demanded())).containsExactly(subscribe(2));
    reader.tell(new FanOutEvent.Opened(2));
    reader.tell(new FanOutEvent.Pushed(2));
    assertThat(reader.after(6).tell(new FanOutEvent.Closed(2, SubscriptionEnd.FAILED, "reset")))
        .containsExactly(CANCEL, subscribe(3));
  }

  private void backs_off(Script reader) {
    reader.found();
    long number = 0;
    for (int wait : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      assertThat(reader.tell(new FanOutEvent.Demanded())).containsExactly(subscribe(++number));
      var done = reader.tell(new FanOutEvent.Closed(number, SubscriptionEnd.FAILED, "reset"));
      assertThat(done.stream().anyMatch(FanOutAction.Tell.class::isInstance))
          .isEqualTo(number == 3);
      reader.answered();
      assertThat(reader.after(wait - 0.1).tell(new FanOutEvent.Demanded())).containsExactly(POLL);
      reader.answered().after(0.1);
    }
    reader.tell(new FanOutEvent.Demanded());
    assertThat(reader.tell(new FanOutEvent.Closed(9, SubscriptionEnd.COMPLETED, "")))
        .as("an end before any answer is a failure")
        .containsExactly(
            new FanOutAction.Tell("polling, since SubscribeToShard ended before an event came"),
            CANCEL,
            POLL);
  }

  private void is_silent(Script reader) {
    reader.found().tell(new FanOutEvent.Demanded());
    assertThat(reader.after(2.9).tell(new FanOutEvent.Waited()))
        .containsExactly(new FanOutAction.AnswerEmpty());
    reader.answered().tell(new FanOutEvent.Demanded());
    assertThat(reader.after(0.1).tell(new FanOutEvent.Waited())).containsExactly(CANCEL, POLL);
    reader.answered().after(1).tell(new FanOutEvent.Demanded());
    reader.tell(new FanOutEvent.Opened(2));
    reader.tell(new FanOutEvent.Pushed(2));
    reader.answered().tell(new FanOutEvent.Demanded());
    assertThat(reader.after(15).tell(new FanOutEvent.Waited()))
        .containsExactly(CANCEL, subscribe(3));
    reader.tell(new FanOutEvent.Opened(3));
    assertThat(reader.after(15).tell(new FanOutEvent.Waited()))
        .as("twice in a row")
        .containsExactly(CANCEL, POLL);
  }

  private void forgives_silence(Script reader) {
    reader.streaming().answered();
    reader.after(40).tell(new FanOutEvent.Demanded());
    assertThat(reader.after(1).tell(new FanOutEvent.Waited()))
        .containsExactly(new FanOutAction.AnswerEmpty());
  }

  private void forgives_failure(Script reader) {
    reader.streaming().tell(new FanOutEvent.Pushed(1));
    reader.answered();
    for (long number = 1; number < 9; number++) {
      assertThat(
              reader
                  .after(31)
                  .tell(new FanOutEvent.Closed(number, SubscriptionEnd.FAILED, "read timed out")))
          .containsExactly(CANCEL);
      assertThat(reader.tell(new FanOutEvent.Demanded())).containsExactly(subscribe(number + 1));
      reader.tell(new FanOutEvent.Opened(number + 1));
      reader.tell(new FanOutEvent.Pushed(number + 1));
      reader.answered();
    }
  }

  private void completes(Script reader) {
    reader.streaming().after(300);
    assertThat(reader.tell(new FanOutEvent.Closed(1, SubscriptionEnd.COMPLETED, "")))
        .containsExactly(CANCEL, subscribe(2));
    reader.tell(new FanOutEvent.Opened(2));
    assertThat(reader.tell(new FanOutEvent.Closed(2, SubscriptionEnd.COMPLETED, "")))
        .as("an early end")
        .containsExactly(CANCEL, POLL);
  }

  private void is_barren(Script reader) {
    reader.found();
    for (long number = 1; number <= 3; number++) {
      assertThat(reader.tell(new FanOutEvent.Demanded())).containsExactly(subscribe(number));
      reader.tell(new FanOutEvent.Opened(number));
      var done = reader.tell(new FanOutEvent.Closed(number, SubscriptionEnd.COMPLETED, ""));
      assertThat(done.stream().anyMatch(FanOutAction.Tell.class::isInstance))
          .isEqualTo(number == 3);
      reader.answered().after(6);
    }
  }

  private void has_consumer(Script reader) {
    reader.streaming();
    assertThat(reader.tell(new FanOutEvent.Missing("it is late"))).isEmpty();
    reader.tell(new FanOutEvent.EndRead());
    assertThat(reader.tell(new FanOutEvent.Missing("it is late"))).isEmpty();
  }

  private void ends(Script reader) {
    reader.streaming().tell(new FanOutEvent.Pushed(1));
    assertThat(reader.tell(new FanOutEvent.EndRead())).containsExactly(CANCEL);
    reader.answered();
    assertThat(reader.tell(new FanOutEvent.Closed(1, SubscriptionEnd.COMPLETED, ""))).isEmpty();

    var polling = new Script();
    polling.tell(new FanOutEvent.Demanded());
    assertThat(polling.tell(new FanOutEvent.EndRead())).isEmpty();
    new Script().found().tell(new FanOutEvent.EndRead());
  }

  @Test
  void refuses_what_can_not_happen_and_names_shard_phase_and_event() {
    assertThatThrownBy(() -> new Script().tell(new FanOutEvent.Waited()))
        .hasMessageContaining("fan-out of orders, shard 0: no transition from SEEKING on Waited");
    assertThatThrownBy(() -> new Script().tell(new FanOutEvent.Opened(4)))
        .hasMessageContaining("fan-out of orders, shard 0: subscription 4 was not made");
  }

  private static FanOutAction subscribe(long number) {
    return new FanOutAction.Subscribe(number, ARN);
  }

  private final class Script {
    final FanOutReader machine = new FanOutReader("orders, shard 0");
    boolean owned = true;
    // Near the greatest number, since ticks may overflow.
    private long ticks = Long.MAX_VALUE - Duration.ofSeconds(20).toNanos();

    List<FanOutAction> tell(FanOutEvent event) {
      var from = machine.phase();
      var done = machine.step(event, new FanOutReader.Moment(ticks, owned));
      visited.add(new TransitionTable.Edge<>(from, event.getClass(), machine.phase()));
      return done;
    }

    Script after(double seconds) {
      ticks += Math.round(seconds * 1e9);
      return this;
    }

    Script answered() {
      tell(new FanOutEvent.Answered());
      return this;
    }

    Script found() {
      tell(new FanOutEvent.Found(ARN));
      return this;
    }

    Script streaming() {
      found().tell(new FanOutEvent.Demanded());
      tell(new FanOutEvent.Opened(1));
      return this;
    }
  }
}
