package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.function.FunctionEvent;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.RuntimeListener;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Workers of several deployments over four shards of the stream {@code in}, under virtual time. */
final class RollingFleet {
  final SimulatedLoop loop = new SimulatedLoop(7);
  final SplittableRandom random = new SplittableRandom(7);
  final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  final InMemoryChunkStore chunks = new InMemoryChunkStore();

  /** Records that failed, and what had to be tried again. */
  final List<Object> trouble = new ArrayList<>();

  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryStream stream = streams.create("in", 4, loop);
  private int puts;

  FunctionRuntime.Running start(String worker, String deployment, FunctionSpec<?, ?> spec) {
    return FunctionRuntime.named("app")
        .workerId(worker)
        .deployment(deployment)
        .on(loop, loop, loop, random)
        .leasesIn(leases)
        .checkpointsIn(checkpoints)
        .stateIn(chunks)
        .connecting(streams)
        .observedBy(
            new RuntimeListener() {
              @Override
              public void on(Object told) {
                if (told instanceof WorkerEvent.Retrying
                    || told instanceof FunctionEvent.RecordFailed) {
                  trouble.add(told);
                }
              }
            })
        .run(spec)
        .start();
  }

  /** Puts for so long, two records a second, each {@code 1}, and lets them be handled. */
  void underLoad(Duration time) {
    for (long left = time.toMillis(); left > 0; left -= 500) {
      stream.put("key-" + puts % 8, "1".getBytes(StandardCharsets.UTF_8), loop.now());
      puts++;
      loop.advance(Duration.ofMillis(500));
    }
  }

  void stop(FunctionRuntime.Running worker) {
    var stopped = worker.stop().toCompletableFuture();
    for (int i = 0; i < 200 && !stopped.isDone(); i++) {
      underLoad(Duration.ofMillis(500));
    }
    assertThat(stopped).isDone();
  }

  int puts() {
    return puts;
  }
}
