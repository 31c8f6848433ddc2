package io.headrace.function.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.function.Codec;
import io.headrace.function.DeadLetter;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.OutputTap;
import io.headrace.function.Side;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Workers on a simulated loop, whose streams and tables are in memory. */
final class World implements OutputTap {
  final SimulatedLoop loop;
  final SplittableRandom random;
  final InMemoryStreams streams = new InMemoryStreams("kinesis");
  final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  final InMemoryChunkStore chunks = new InMemoryChunkStore();
  final InMemoryStream in;
  final List<DeadLetter> letters = new ArrayList<>();
  boolean lettersDown;

  World(long seed, int shards) {
    loop = new SimulatedLoop(seed);
    random = new SplittableRandom(seed);
    in = streams.create("in", shards, loop);
  }

  FunctionRuntime worker(String name, FunctionSpec<?, ?>... specs) {
    var runtime =
        FunctionRuntime.named("app")
            .workerId(name)
            .on(loop, loop, loop, random)
            .leasesIn(leases)
            .checkpointsIn(checkpoints)
            .stateIn(chunks)
            .connecting(streams)
            .committingEvery(Duration.ofSeconds(1))
            .leaseTime(Duration.ofSeconds(5))
            .tappedBy(this);
    for (var spec : specs) {
      runtime.run(spec);
    }
    return runtime;
  }

  static FunctionSpec.Reading<String> reading(String name) {
    return FunctionSpec.named(name).reading(input());
  }

  static Input<String> input() {
    return Input.of(StreamSource.kinesis("in"), new Words());
  }

  void put(String key, String value) {
    put(key, value, Map.of());
  }

  void put(String key, String value, Map<String, String> headers) {
    var unused = in.sink().put(List.of(new StreamSink.Entry(key, value.getBytes(UTF_8), headers)));
  }

  void advance(int seconds) {
    loop.advance(Duration.ofSeconds(seconds));
  }

  /** Of the only meter with this name and these tags. */
  static double value(MeterRegistry registry, String name, String... tags) {
    var meters = registry.find(name).tags(tags).meters();
    assertThat(meters).as("%s %s", name, List.of(tags)).hasSize(1);
    var meter = meters.iterator().next();
    if (meter instanceof FunctionCounter counter) {
      return counter.count();
    }
    return meter.measure().iterator().next().getValue();
  }

  @Override
  public void output(String function, @Nullable Side<?> side, String id, Object value) {
    // Nobody looks at them.
  }

  @Override
  public void deadLetter(DeadLetter letter) {
    if (lettersDown) {
      throw new IllegalStateException("the sink is down");
    }
    letters.add(letter);
  }

  /** Strings. */
  static final class Words implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(UTF_8);
    }
  }
}
