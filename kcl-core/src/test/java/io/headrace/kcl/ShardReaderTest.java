package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ShardReaderTest {
  private final Set<TransitionTable.Edge<ReaderPhase>> visited = new LinkedHashSet<>();

  @TestFactory
  Stream<DynamicTest> a_reader() {
    return scenarios().entrySet().stream()
        .map(s -> DynamicTest.dynamicTest(s.getKey(), () -> s.getValue().accept(new Script())));
  }

  @Test
  void visits_every_transition_of_its_table() {
    scenarios().values().forEach(scenario -> scenario.accept(new Script()));

    assertThat(visited).containsAll(ShardReader.TABLE.edges());
  }

  private Map<String, Consumer<Script>> scenarios() {
    var all = new LinkedHashMap<String, Consumer<Script>>();
    all.put("opens where it is told and seeks demand", this::opens);
    all.put("fetches what it is granted and hands out what comes", this::reads);
    all.put("hands out nothing when nothing comes", this::reads_nothing);
    all.put("tells of a gap and reads on", this::finds_gap);
    all.put("tells of the end", this::ends);
    all.put("waits longer after each failure, up to a limit", this::backs_off);
    all.put("waits the longest when it is refused", this::is_refused);
    all.put("fails when there is no such shard, or the request is wrong", this::fails);
    all.put("fails when the stream breaks its word", this::breaks);
    all.put("replaces a cursor that never answers", this::is_overdue);
    all.put("stops in any phase", this::stops);
    return all;
  }

  private void opens(Script reader) {
    reader.tell(new ReaderEvent.Begun());
    assertThat(reader.last)
        .containsExactly(
            new ReaderAction.Open(StartingPosition.TRIM_HORIZON), new ReaderAction.SeekDemand());
  }

  private void reads(Script reader) {
    reader.fetching();
    assertThat(reader.last).containsExactly(new ReaderAction.Fetch(1, 1000));
    var records = records(1, 2);
    reader.tell(new ReaderEvent.Read(1, records));
    assertThat(reader.last)
        .containsExactly(
            new ReaderAction.Settle(2L * records.get(0).budgetBytes()),
            new ReaderAction.HandOut(records, 2L * records.get(0).budgetBytes()),
            new ReaderAction.SeekDemand());
    assertThat(reader.machine.readThrough()).contains(Position.of(2));
  }

  private void reads_nothing(Script reader) {
    reader.fetching().tell(new ReaderEvent.Read(1, List.of()));
    assertThat(reader.last)
        .containsExactly(new ReaderAction.Settle(0), new ReaderAction.SeekDemand());
  }

  private void finds_gap(Script reader) {
    var gap = new Fetched.Gap(Position.of(1), Position.of(9));
    reader.fetching().tell(new ReaderEvent.GapRead(1, gap));
    assertThat(reader.last).contains(new ReaderAction.TellGap(gap), new ReaderAction.SeekDemand());
    assertThat(reader.machine.phase()).isEqualTo(ReaderPhase.HOLDING);
  }

  private void ends(Script reader) {
    var children = List.of(Shard.root("child"));
    reader.fetching().tell(new ReaderEvent.EndRead(1, children));
    assertThat(reader.last)
        .containsExactly(
            new ReaderAction.Settle(0),
            new ReaderAction.CloseCursor(),
            new ReaderAction.TellEnd(children));
  }

  private void backs_off(Script reader) {
    reader.tell(new ReaderEvent.Begun());
    var delays = new ArrayList<Duration>();
    for (int i = 0; i < 40; i++) {
      reader.tell(new ReaderEvent.Granted(1000));
      reader.tell(failed(reader.attempt, StreamException.Kind.RETRYABLE));
      delays.add(reader.retryIn().delay());
      reader.tell(new ReaderEvent.RetryDue(reader.attempt));
    }
    assertThat(delays).isSorted();
    assertThat(delays.get(0)).hasMillis(200);
    assertThat(delays.get(39)).hasSeconds(10);

    reader.tell(new ReaderEvent.Granted(1000));
    reader.tell(new ReaderEvent.Read(reader.attempt, records(1)));
    reader.tell(new ReaderEvent.Granted(1000));
    reader.tell(failed(reader.attempt, StreamException.Kind.RETRYABLE));
    assertThat(reader.retryIn().delay()).as("after an answer").hasMillis(200);
  }

  private void is_refused(Script reader) {
    reader.fetching().tell(failed(1, StreamException.Kind.REFUSED));
    assertThat(reader.retryIn().delay()).hasSeconds(10);
  }

  private void fails(Script reader) {
    reader.fetching().tell(failed(1, StreamException.Kind.NOT_FOUND));
    assertThat(reader.machine.phase()).isEqualTo(ReaderPhase.FAILED);
    assertThat(reader.last).anyMatch(action -> action instanceof ReaderAction.TellFailure);
    var invalid = new Script().fetching().tell(failed(1, StreamException.Kind.INVALID));
    assertThat(invalid.machine.phase()).isEqualTo(ReaderPhase.FAILED);
  }

  private void breaks(Script reader) {
    var fault = new NullPointerException("planted");
    reader.fetching().tell(new ReaderEvent.FetchBroke(1, fault));
    assertThat(reader.last).contains(new ReaderAction.TellFailure(fault));
  }

  private void is_overdue(Script reader) {
    reader.fetching().tell(new ReaderEvent.Read(1, records(1, 2)));
    reader.tell(new ReaderEvent.Granted(1000)).tell(new ReaderEvent.Overdue(2));
    assertThat(reader.last).contains(new ReaderAction.Open(StartingPosition.after(Position.of(2))));
    assertThat(reader.machine.step(new ReaderEvent.Read(2, records(3))))
        .as("the old cursor's answer")
        .isEmpty();
    assertThat(reader.machine.readThrough()).contains(Position.of(2));
  }

  private void stops(Script reader) {
    var all =
        List.of(
            reader,
            new Script().tell(new ReaderEvent.Begun()),
            new Script().fetching(),
            new Script().fetching().tell(failed(1, StreamException.Kind.RETRYABLE)));
    for (var each : all) {
      each.tell(new ReaderEvent.Stopped());
      assertThat(each.machine.phase()).isEqualTo(ReaderPhase.STOPPED);
      assertThat(each.last).containsExactly(new ReaderAction.CloseCursor());
    }
  }

  @Test
  void refuses_records_that_go_back_and_names_shard_and_positions() {
    var reader = new Script().fetching();
    assertThatThrownBy(() -> reader.tell(new ReaderEvent.Read(1, records(5, 5))))
        .hasMessage("reader of orders@1/shard-1 (epoch 3): read 5:0 after 5:0");
  }

  @Test
  void refuses_what_can_not_happen_and_names_shard_phase_and_event() {
    var reader = new Script();
    assertThatThrownBy(() -> reader.tell(new ReaderEvent.Granted(1)))
        .hasMessage(
            "reader of orders@1/shard-1 (epoch 3): no transition from STARTING on Granted to"
                + " FETCHING");
    assertThatThrownBy(() -> reader.tell(new ReaderEvent.RetryDue(7)))
        .hasMessageContaining("attempt 7 has not begun");
  }

  private static ReaderEvent.FetchFailed failed(long attempt, StreamException.Kind kind) {
    return new ReaderEvent.FetchFailed(attempt, new StreamException(kind, "planted"));
  }

  private static List<StreamRecord> records(long... sequences) {
    return LongStream.of(sequences)
        .mapToObj(s -> new StreamRecord(Position.of(s), "key", Instant.EPOCH, new byte[10]))
        .toList();
  }

  private final class Script {
    final ShardReader machine =
        new ShardReader("orders@1/shard-1 (epoch 3)", StartingPosition.TRIM_HORIZON);
    List<ReaderAction> last = List.of();
    long attempt;

    Script tell(ReaderEvent event) {
      var from = machine.phase();
      last = machine.step(event);
      visited.add(new TransitionTable.Edge<>(from, event.getClass(), machine.phase()));
      for (var action : last) {
        if (action instanceof ReaderAction.Fetch fetch) {
          attempt = fetch.attempt();
        } else if (action instanceof ReaderAction.RetryIn retry) {
          attempt = retry.attempt();
        }
      }
      return this;
    }

    Script fetching() {
      return tell(new ReaderEvent.Begun()).tell(new ReaderEvent.Granted(1000));
    }

    ReaderAction.RetryIn retryIn() {
      return last.stream()
          .filter(ReaderAction.RetryIn.class::isInstance)
          .map(ReaderAction.RetryIn.class::cast)
          .findFirst()
          .orElseThrow();
    }
  }
}
