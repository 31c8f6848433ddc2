package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A function beside the live one, whose outputs reach nobody. */
class ShadowTest {
  private static final Side<String> ODD = Side.named("odd", String.class);

  private final SimulatedLoop loop = new SimulatedLoop(3);
  private final SplittableRandom random = new SplittableRandom(3);
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final InMemoryStream in = streams.create("in", 1, loop);
  private final List<String> live = new ArrayList<>();
  private boolean stuck;

  @TempDir Path folder;

  private final class Counting implements KeyedFunction<String, String, String> {
    private final boolean isShadow;

    Counting(boolean isShadow) {
      this.isShadow = isShadow;
    }

    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      if (event.value().equals("poison")) {
        throw new TerminalFailure("Poison", "it is");
      }
      if (isShadow && stuck) {
        throw new IllegalStateException("the new version fails");
      }
      var next = state + event.value();
      out.send((isShadow ? "new \"" : "old \"") + next + "\"");
      if (next.length() % 2 == 1) {
        out.send(ODD, next);
      }
      return Next.state(next);
    }
  }

  private FunctionSpec.Keyed<String, String> keyed(String name) {
    return FunctionSpec.named(name)
        .reading(Rig.input())
        .keyedBy(Keys.partitionKey(), new Texts())
        .sendingSide(ODD, Destination.stream("sides", new Texts(), value -> value))
        .retrying(RetryPolicy.forever().thenSendTo(DeadLetters.inFile(folder.resolve("letters"))));
  }

  private FunctionSpec<String, String> shadow() {
    return keyed("new")
        .shadow(folder.resolve("shadow.ndjson"))
        .handledBy(
            () -> new Counting(true), Destination.stream("out", new Texts(), value -> value));
  }

  private FunctionRuntime.Running start(FunctionSpec<?, ?>... specs) {
    var runtime =
        FunctionRuntime.named("app")
            .on(loop, loop, loop, random)
            .leasesIn(leases)
            .checkpointsIn(checkpoints)
            .stateIn(chunks)
            .connecting(streams)
            .committingOutputsWithin(Duration.ZERO);
    List.of(specs).forEach(runtime::run);
    return runtime.start();
  }

  private FunctionSpec<String, String> live() {
    return keyed("old").handledBy(() -> new Counting(false), Destination.callback(live::add));
  }

  private void put(String... values) {
    for (var value : values) {
      var unused = in.sink().put(List.of(new StreamSink.Entry("k", value.getBytes(UTF_8))));
    }
    loop.advance(Duration.ofSeconds(10));
  }

  private static int records(InMemoryStream stream) {
    return stream.recordsOf(stream.shardsNow().get(0).id()).size();
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(folder.resolve("shadow.ndjson"));
  }

  @Test
  void all_that_a_shadow_sends_goes_to_its_file_and_nothing_anywhere_else() throws IOException {
    var sides = streams.create("sides", 1, loop);
    var out = streams.create("out", 1, loop);
    var running = start(live(), shadow());

    put("a", "poison", "b");

    assertThat(live).containsExactly("old \"a\"", "old \"ab\"");
    assertThat(records(sides)).as("the live function's side alone").isEqualTo(1);
    assertThat(records(out)).isZero();
    assertThat(folder.resolve("letters/old.ndjson")).exists();
    assertThat(folder.resolve("letters/new.ndjson")).doesNotExist();
    var lines = lines();
    assertThat(lines).hasSize(4);
    assertThat(lines)
        .filteredOn(line -> line.endsWith("\"value\":\"new \\\"ab\\\"\"}"))
        .singleElement()
        .satisfies(line -> assertThat(line).startsWith("{\"id\":\"in/"));
    assertThat(lines)
        .filteredOn(line -> line.contains(" to side odd\","))
        .singleElement()
        .satisfies(line -> assertThat(line).endsWith("\"value\":\"a\"}"));
    assertThat(lines)
        .filteredOn(line -> line.contains(" dead letter\","))
        .singleElement()
        .satisfies(line -> assertThat(line).endsWith("\"value\":\"Poison\"}"));
    var unused = running.stop();
    loop.advance(Duration.ofSeconds(30));
  }

  @Test
  void a_shadow_that_fails_holds_nothing_up_and_catches_up() throws IOException {
    streams.create("sides", 1, loop);
    stuck = true;
    var running = start(live(), shadow());

    put("a", "b");
    assertThat(live).containsExactly("old \"a\"", "old \"ab\"");
    assertThat(folder.resolve("shadow.ndjson")).doesNotExist();

    stuck = false;
    loop.advance(Duration.ofMinutes(3));
    assertThat(lines()).anyMatch(line -> line.contains("new \\\"ab\\\""));
    var unused = running.stop();
    loop.advance(Duration.ofSeconds(30));
  }

  @Test
  void a_shadow_goes_live_under_its_name_with_its_state_and_is_nobodys_rename() {
    streams.create("sides", 1, loop);
    var out = streams.create("out", 1, loop);
    var first = start(live(), shadow());
    put("a");
    var unused = first.stop();
    loop.advance(Duration.ofSeconds(30));

    var promoted =
        keyed("new")
            .handledBy(
                () -> new Counting(true), Destination.stream("out", new Texts(), value -> value));
    var second = start(live(), promoted);
    put("b");

    assertThat(second.health().reasons()).isEmpty();
    assertThat(second.stateOf("new", "k", "k")).contains("ab");
    assertThat(records(out)).isEqualTo(1);
    unused = second.stop();
    loop.advance(Duration.ofSeconds(30));
  }
}
