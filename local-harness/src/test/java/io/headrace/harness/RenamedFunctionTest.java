package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Operations;
import io.headrace.function.Output;
import io.headrace.function.RetryPolicy;
import io.headrace.function.StateReader;
import io.headrace.function.StoredEntry;
import io.headrace.function.WakeUp;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a function is, and what becomes of it under another name. */
@Timeout(120)
class RenamedFunctionTest {
  record Count(long records) {}

  private static boolean broken;

  /** Tells the count with each record, and once more a minute after the first. */
  static final class Counting implements KeyedFunction<String, Count, String> {
    @Override
    public Count initial(String key) {
      return new Count(0);
    }

    @Override
    public Next<Count> handle(Count count, Event<String> event, Output<String> out) {
      if (broken && event.value().equals("poison")) {
        throw new IllegalStateException("not yet");
      }
      long next = count.records() + 1;
      out.send(event.value() + next);
      var same = Next.state(new Count(next));
      return next == 1 ? same.wakeAt("minute", event.time().plusSeconds(60)) : same;
    }

    @Override
    public Next<Count> onTimer(Count count, WakeUp timer, Output<String> out) {
      out.send("minute" + count.records());
      return Next.same();
    }
  }

  static final class Summing implements WindowFunction<String, Count, String> {
    @Override
    public Count empty() {
      return new Count(0);
    }

    @Override
    public Count add(Count sum, Event<String> event) {
      return new Count(sum.records() + 1);
    }

    @Override
    public Count merge(Count left, Count right) {
      return new Count(left.records() + right.records());
    }

    @Override
    public void close(Window window, Count sum, Output<String> out) {
      out.send(window.key() + sum.records());
    }
  }

  private static FunctionSpec.Reading<String> reading(String name) {
    return FunctionSpec.named(name).reading(Input.of(StreamSource.kinesis("in"), new Texts()));
  }

  private static FunctionSpec<String, String> counting(
      String name, UnaryOperator<FunctionSpec.Keyed<String, Count>> options) {
    return options
        .apply(reading(name).keyedBy(Keys.partitionKey(), Json.of(Count.class)))
        .handledBy(Counting::new, Destination.nowhere());
  }

  private static FunctionSpec<String, String> counting(String name, String... formers) {
    return counting(name, keyed -> keyed.migratesFrom(formers));
  }

  private static FunctionSpec<String, String> windows(String name, Keys<String> keys, int minutes) {
    return reading(name)
        .windowedBy(keys, Windows.tumbling(Duration.ofMinutes(minutes)), Json.of(Count.class))
        .handledBy(Summing::new, Destination.nowhere());
  }

  @Test
  void a_function_goes_on_under_another_name_and_back_and_forth() {
    var stream = FunctionHarness.of(counting("old"));
    stream.put("a", "b");
    stream.advance(Duration.ofSeconds(10));

    stream.redeployWith(counting("new", "old"));
    stream.put("c");
    assertThat(stream.takeOutput()).containsExactly("a1", "b2", "c3");
    stream.advance(Duration.ofSeconds(10));
    stream.redeployWith(counting("old"));
    stream.put("d");
    assertThat(stream.takeOutput()).as("half-way back").containsExactly("d4");
    stream.advance(Duration.ofSeconds(10));

    stream.redeployWith(counting("new", "old"));
    stream.put("e");
    assertThat(stream.stateOf(FunctionHarness.KEY, Count.class)).contains(new Count(5));
    stream.advance(Duration.ofMinutes(1));
    stream.put("f");
    assertThat(stream.takeOutput())
        .as("the timer that was set under the first name fires once")
        .containsExactlyInAnyOrder("e5", "f6", "minute6");
  }

  /** A commit under the new name reaches them through a root that lies under that name. */
  @Test
  void what_was_stored_under_a_former_name_is_not_swept_when_a_roll_goes_back() {
    var stream = FunctionHarness.of(counting("old"));
    for (int i = 0; i < 100; i++) {
      stream.putKeyed("k" + i, "a");
    }
    stream.advance(Duration.ofSeconds(10));
    stream.redeployWith(counting("new", "old"));
    for (int i = 0; i < 36; i++) {
      stream.putKeyed("k" + i, "b");
    }
    stream.advance(Duration.ofSeconds(10));

    stream.redeployWith(counting("old"));
    stream.advance(Duration.ofMinutes(5));
    stream.crash();
    stream.putKeyed("k99", "c");

    assertThat(stream.stateOf("k99", Count.class)).contains(new Count(2));
  }

  @Test
  void a_crash_right_behind_a_take_over_loses_and_doubles_nothing() {
    var stream = FunctionHarness.of(counting("old"));
    stream.put("a");
    stream.redeployWith(counting("new", "old"));
    stream.crash();
    stream.put("b");
    stream.advance(Duration.ofSeconds(10));
    stream.crash();
    stream.put("c");

    assertThat(stream.stateOf(FunctionHarness.KEY, Count.class)).contains(new Count(3));
    assertThat(stream.takeOutput()).doesNotHaveDuplicates().containsExactly("a1", "b2", "c3");
  }

  /** The worker dies before a take-over is written, or behind it, or its answer is lost. */
  @Test
  void a_take_over_that_breaks_off_is_finished_by_the_next() {
    for (var breaks : Break.values()) {
      var breaking = new Breaking(breaks);
      var stream =
          new FunctionHarness<String, String>(clock -> counting("old"), breaking.interposed());
      stream.put("a", "b");
      stream.advance(Duration.ofSeconds(10));
      stream.redeployWith(counting("new", "old"));
      assertThat(breaking.broken).as("%s", breaks).isEqualTo(3);
      stream.crash();
      stream.put("c");
      stream.advance(Duration.ofSeconds(10));
      stream.redeployWith(counting("old"));
      stream.put("d");

      assertThat(stream.output()).as("%s", breaks).containsExactly("a1", "b2", "c3", "d4");
    }
  }

  private enum Break {
    BEFORE,
    BEHIND
  }

  /** The first three take-overs fail. */
  private static final class Breaking {
    private final Break breaks;
    private int broken;

    Breaking(Break breaks) {
      this.breaks = breaks;
    }

    Interposed interposed() {
      var none = Interposed.NOTHING;
      return new Interposed(
          none.tap(), this::around, none.chunks(), none.listener(), none.outputsWithin());
    }

    private CheckpointStore around(CheckpointStore store) {
      return new ForwardingCheckpointStore(store) {
        @Override
        public CompletionStage<Void> takeOver(TakeOver takeOver) {
          if (broken == 3) {
            return super.takeOver(takeOver);
          }
          broken++;
          if (breaks == Break.BEHIND) {
            super.takeOver(takeOver).toCompletableFuture().join();
          }
          return CompletableFuture.failedFuture(new CheckpointException("no answer"));
        }
      };
    }
  }

  @Test
  void a_shard_that_was_split_under_the_former_name_goes_on_in_its_children() {
    var stream = FunctionHarness.of(counting("old"));
    stream.put("a");
    stream.split();
    stream.put("b");
    stream.advance(Duration.ofSeconds(10));

    stream.redeployWith(counting("new", "old"));
    stream.put("c");
    stream.split();
    stream.put("d");
    stream.merge();
    stream.put("e");

    assertThat(stream.stateOf(FunctionHarness.KEY, Count.class)).contains(new Count(5));
  }

  @Test
  void dead_letters_from_under_the_former_name_are_played_again() {
    broken = true;
    var policy = RetryPolicy.upTo(0);
    var stream = FunctionHarness.of(counting("old", keyed -> keyed.retrying(policy)));
    stream.put("a", "poison", "b");
    stream.advance(Duration.ofSeconds(10));
    stream.redeployWith(counting("new", keyed -> keyed.retrying(policy).migratesFrom("old")));

    assertThat(stream.redrive()).isEqualTo(1);
    assertThat(stream.redrive()).as("it failed again, and is one letter still").isEqualTo(1);
    broken = false;
    assertThat(stream.redrive()).isEqualTo(1);

    assertThat(stream.redrive()).isZero();
    assertThat(stream.output()).contains("poison3");
  }

  @Test
  void keys_that_were_parked_under_the_former_name_resume() {
    broken = true;
    var stream = FunctionHarness.of(plain("old"));
    stream.put("a", "poison", "b");
    stream.advance(Duration.ofMinutes(2));
    stream.redeployWith(plain("new", "old"));

    broken = false;
    stream.advance(Duration.ofMinutes(5));

    assertThat(stream.output()).containsExactly("a", "poison", "b");
  }

  private static FunctionSpec<String, String> plain(String name, String... formers) {
    return reading(name)
        .migratesFrom(formers)
        .<String>handledBy(
            () ->
                (event, out) -> {
                  if (broken && event.value().equals("poison")) {
                    throw new IllegalStateException("not yet");
                  }
                  out.send(event.value());
                },
            Destination.nowhere());
  }

  @Test
  void a_function_without_state_gets_some_under_a_new_name_where_it_was() {
    broken = false;
    var stream = FunctionHarness.of(plain("old"));
    stream.put("a");
    stream.advance(Duration.ofSeconds(10));
    assertThatThrownBy(() -> stream.redeployWith(counting("old")))
        .hasMessageContaining("kind: stored \"without state\", given \"keyed\"")
        .hasMessageContaining("migratesFrom(\"old\")");

    stream.redeployWith(counting("new", "old"));
    stream.put("b");

    assertThat(stream.output()).containsExactly("a", "b1");
  }

  @Test
  void keys_across_shards_go_over_with_what_is_under_way_in_their_stream() {
    var stream = FunctionHarness.of(windows("old", across(), 1));
    stream.put("x", "a", stream.now());
    stream.put("y", "a", stream.now());
    stream.advance(Duration.ofSeconds(10));

    stream.redeployWith(
        reading("new")
            .migratesFrom("old")
            .windowedBy(across(), Windows.tumbling(Duration.ofMinutes(1)), Json.of(Count.class))
            .handledBy(Summing::new, Destination.nowhere()));
    stream.put("z", "a", stream.now());
    stream.advance(Duration.ofMinutes(2));
    stream.put("z", "b", stream.now());
    stream.advance(Duration.ofSeconds(10));

    assertThat(stream.output()).containsExactly("a3");
    assertThat(stream.deadLetters()).isEmpty();
  }

  private static Keys<String> across() {
    return Keys.across("value", value -> value, "in-by-value");
  }

  @Test
  void other_keys_or_windows_under_the_same_name_are_refused_and_name_what_differs() {
    var stream = FunctionHarness.of(windows("sums", Keys.partitionKey(), 1));
    stream.put("a");

    assertThatThrownBy(() -> stream.redeployWith(windows("sums", Keys.within(v -> v), 5)))
        .hasMessageContaining("function sums")
        .hasMessageContaining("keys: stored \"partitionKey\", given \"within\"")
        .hasMessageContaining("windows: stored \"tumbling PT1M\", given \"tumbling PT5M\"")
        .hasMessageContaining("headrace seek FILE --function sums --to POSITION --state empty");
    stream.redeployWith(windows("sums", Keys.partitionKey(), 1));
    stream.advance(Duration.ofMinutes(2));
    stream.put("b");
    assertThat(stream.output()).containsExactly("key1");
  }

  @Test
  void keys_are_other_ones_when_their_name_is() {
    var stream = FunctionHarness.of(windows("sums", Keys.within(v -> v), 1));
    stream.redeployWith(windows("sums", Keys.within("merchant", v -> v), 1));
    stream.redeployWith(windows("sums", Keys.within(v -> v), 1));

    assertThatThrownBy(
            () -> stream.redeployWith(windows("sums", Keys.within("country", v -> v), 1)))
        .hasMessageContaining("keys: stored \"within merchant\", given \"within country\"");
  }

  @Test
  void a_new_name_for_what_looks_the_same_is_refused_until_it_is_said_what_is_meant() {
    var stream = FunctionHarness.of(counting("old"));
    stream.put("a");

    assertThatThrownBy(() -> stream.redeployWith(counting("new")))
        .hasMessageContaining("function new")
        .hasMessageContaining("migratesFrom(\"old\")")
        .hasMessageContaining("beginningAnew()");
    assertThatThrownBy(() -> stream.redeployWith(counting("new", "odl")))
        .as("a name of which nothing is stored")
        .hasMessageContaining("migratesFrom(\"old\")");
    stream.redeployWith(counting("new", keyed -> keyed.beginningAnew()));
    assertThat(stream.stateOf(FunctionHarness.KEY, Count.class))
        .as("it reads from the beginning")
        .contains(new Count(1));
  }

  @Test
  void state_by_other_keys_is_not_taken_over() {
    var stream = FunctionHarness.of(counting("old"));
    stream.put("a");
    var other =
        reading("new")
            .migratesFrom("old")
            .keyedBy(Keys.<String>within(v -> v), Json.of(Count.class))
            .handledBy(Counting::new, Destination.<String>nowhere());

    assertThatThrownBy(() -> stream.redeployWith(other))
        .hasMessageContaining("function new")
        .hasMessageContaining("keys: stored \"partitionKey\", given \"within\"")
        .hasMessageContaining("beginningAnew()");
  }

  @Test
  void what_has_begun_by_itself_takes_nothing_over() {
    var stream = FunctionHarness.of(counting("old"));
    stream.redeployWith(counting("new", keyed -> keyed.beginningAnew()));

    assertThatThrownBy(() -> stream.redeployWith(counting("new", "old")))
        .hasMessageContaining("has progress of its own");
  }

  private final RollingFleet fleet = new RollingFleet();

  private static long sum(FunctionRuntime.Running worker, String function) {
    return worker.states(function).stream()
        .mapToLong(state -> ((Count) state.value()).records())
        .sum();
  }

  @Test
  void a_roll_to_another_name_half_way_back_and_forward_loses_and_doubles_nothing() {
    var one = fleet.start("a", "v1", counting("old"));
    var other = fleet.start("b", "v1", counting("old"));
    fleet.underLoad(Duration.ofSeconds(30));

    var two = fleet.start("c", "v2", counting("new", "old"));
    fleet.underLoad(Duration.ofSeconds(10));
    fleet.stop(other);
    fleet.underLoad(Duration.ofSeconds(30));
    assertThat(two.states("new")).as("the new name has shards").isNotEmpty();
    assertThat(one.states("old")).as("the old one, too").isNotEmpty();

    two.crash();
    fleet.underLoad(Duration.ofSeconds(40));
    fleet.loop.advance(Duration.ofSeconds(20));
    assertThat(sum(one, "old")).as("the old one has taken all back").isEqualTo(fleet.puts());

    two = fleet.start("d", "v2", counting("new", "old"));
    fleet.underLoad(Duration.ofSeconds(30));
    fleet.stop(one);
    fleet.underLoad(Duration.ofSeconds(30));
    fleet.loop.advance(Duration.ofSeconds(20));
    assertThat(sum(two, "new")).isEqualTo(fleet.puts());
    assertThat(fleet.trouble).isEmpty();
    fleet.stop(two);
  }

  @Test
  void a_function_becomes_another_one_when_its_state_is_dropped_while_no_worker_runs() {
    var worker = fleet.start("a", "v1", counting("old"));
    fleet.underLoad(Duration.ofSeconds(10));
    var other =
        reading("old")
            .keyedBy(Keys.<String>within(v -> v), Json.of(Count.class))
            .handledBy(Counting::new, Destination.<String>nowhere());
    var operations =
        new Operations(
            "app",
            List.of(other),
            fleet.leases,
            fleet.checkpoints,
            fleet.loop,
            fleet.random,
            "a test");
    var target = Operations.Target.of("old");

    var refused = operations.seek(target, StartingPosition.TRIM_HORIZON, true, "a try");
    fleet.underLoad(Duration.ofSeconds(15));
    assertThatThrownBy(() -> refused.toCompletableFuture().join())
        .hasMessageContaining("[a] are alive")
        .hasMessageContaining("keys: stored \"partitionKey\", given \"within\"");
    fleet.stop(worker);
    var sought = operations.seek(target, StartingPosition.TRIM_HORIZON, true, "other keys");
    fleet.loop.advance(Duration.ofSeconds(15));
    assertThat(sought.toCompletableFuture().join().moved()).hasSize(4);

    var former = fleet.start("b", "v1", counting("old"));
    fleet.loop.advance(Duration.ofSeconds(5));
    assertThat(former.health().alive()).isFalse();
    var next = fleet.start("c", "v2", other);
    fleet.loop.advance(Duration.ofSeconds(30));
    assertThat(sum(next, "old")).isEqualTo(fleet.puts());
    fleet.stop(next);
  }

  @Test
  void state_that_no_worker_has_taken_over_yet_is_read_under_its_former_name() throws Exception {
    var old = fleet.start("a", "v1", counting("old"));
    fleet.underLoad(Duration.ofSeconds(10));
    fleet.loop.advance(Duration.ofSeconds(10));

    assertThat(read("new", counting("new", "old"))).isEqualTo(fleet.puts());
    fleet.stop(old);
    var next = fleet.start("b", "v2", counting("new", "old"));
    fleet.underLoad(Duration.ofSeconds(10));
    fleet.loop.advance(Duration.ofSeconds(10));
    assertThat(read("new", counting("new", "old"))).isEqualTo(fleet.puts());
    assertThat(read("new", counting("new"))).as("all of it moved").isEqualTo(fleet.puts());
    fleet.stop(next);
  }

  /** How many records the states of all keys say, as an engineer reads them from outside. */
  private long read(String function, FunctionSpec<?, ?> spec) throws Exception {
    var reader =
        new StateReader(
            "app", List.of(spec), fleet.leases, fleet.checkpoints, fleet.chunks, fleet.loop);
    var states = new ArrayList<StoredEntry>();
    var read =
        reader.all(
            function,
            new StateReader.Visitor() {
              @Override
              public void begins(StateReader.AsOf shard) {}

              @Override
              public void entry(StoredEntry entry) {
                if (entry.kind() == EntryKind.STATE) {
                  states.add(entry);
                }
              }
            });
    fleet.loop.advance(Duration.ofSeconds(5));
    assertThat(read.toCompletableFuture().join()).hasSize(4);
    long sum = 0;
    for (var state : states) {
      sum += state.decoded(Json.of(Count.class)).records();
    }
    return sum;
  }
}
