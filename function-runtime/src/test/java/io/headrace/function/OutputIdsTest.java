package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OutputIdsTest {
  private static FunctionSpec<String, String> saying(String name) {
    return FunctionSpec.named(name)
        .reading(Rig.input())
        .handledBy(
            () -> (event, out) -> out.send(name),
            Destination.stream("middle", new Texts(), value -> "key")
                .envelope(Destination.Envelope.KPL_TAGS));
  }

  @Test
  void what_two_functions_say_of_one_record_is_not_taken_for_one_output() {
    var loop = new SimulatedLoop(1);
    var streams = new InMemoryStreams("kinesis");
    var in = streams.create("in", 1, loop);
    streams.create("middle", 1, loop);
    var heard = new ArrayList<String>();
    var running =
        FunctionRuntime.named("app")
            .on(loop, loop, loop, new SplittableRandom(1))
            .leasesIn(new InMemoryLeaseTable())
            .checkpointsIn(new InMemoryCheckpointStore())
            .stateIn(new InMemoryChunkStore())
            .connecting(streams)
            .run(saying("one"))
            .run(saying("other"))
            .run(
                FunctionSpec.named("listening")
                    .reading(
                        Input.of(StreamSource.kinesis("middle"), new Texts())
                            .deduplicated(Duration.ofMinutes(1)))
                    .handledBy(
                        () -> (event, out) -> heard.add(event.value()),
                        Destination.<String>nowhere()))
            .start();
    loop.advance(Duration.ofSeconds(5));
    var unused = in.sink().put(List.of(new StreamSink.Entry("a", "record".getBytes(UTF_8))));
    loop.advance(Duration.ofSeconds(10));
    assertThat(heard).containsExactlyInAnyOrder("one", "other");
    running.crash();
    loop.runUntilIdle();
  }
}
