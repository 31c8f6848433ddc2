package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two functions with a stream between them, in workers that crash: each record counts once. */
class ChainedFunctionsTest {
  private static final long SEED = 4;
  private static final int ROUNDS = 12;
  private static final int KEYS = 4;

  private final SimulatedLoop loop = new SimulatedLoop(SEED);
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryStream in = streams.create("in", 2, loop);
  private final InMemoryStream middle = streams.create("middle", 2, loop);
  private final List<Object> events = new ArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();

  /** Counts the records of a key, and tells each number with the call that has found it. */
  private final class Numbering implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "0";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      int number = Integer.parseInt(state) + 1;
      out.send(event.partitionKey() + " " + number + " " + calls.incrementAndGet());
      return Next.state("" + number);
    }
  }

  /** Lists what comes, in order. */
  private static final class Listing implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      return Next.state(state + event.value().split(" ", 3)[1] + ",");
    }
  }

  private FunctionRuntime.Running start(int worker) {
    return FunctionRuntime.named("app")
        .workerId("w" + worker)
        .on(loop, loop, loop, random)
        .leasesIn(leases)
        .checkpointsIn(checkpoints)
        .stateIn(chunks)
        .connecting(streams)
        .leaseTime(Duration.ofSeconds(2))
        .observedBy(
            new RuntimeListener() {
              @Override
              public void on(Object event) {
                events.add(event);
              }
            })
        .run(
            FunctionSpec.named("numbering")
                .reading(Rig.input())
                .keyedBy(Keys.<String>partitionKey(), new Texts())
                .committingWithin(Duration.ofMillis(300))
                .handledBy(
                    Numbering::new,
                    Destination.stream("middle", new Texts(), value -> value.split(" ", 3)[0])
                        .envelope(Destination.Envelope.KPL_TAGS)))
        .run(
            FunctionSpec.named("listing")
                .reading(
                    Input.of(StreamSource.kinesis("middle"), new Texts())
                        .deduplicated(Duration.ofMinutes(10)))
                .keyedBy(Keys.<String>partitionKey(), new Texts())
                .handledBy(Listing::new, Destination.<String>nowhere()))
        .start();
  }

  @Test
  void each_record_counts_once_in_the_second_function_whenever_workers_crash() {
    var put = new HashMap<String, Integer>();
    var running = start(0);
    loop.advance(Duration.ofSeconds(8));
    for (int round = 1; round <= ROUNDS; round++) {
      for (int i = 0; i < 20; i++) {
        var key = "k" + random.nextInt(KEYS);
        put.merge(key, 1, Integer::sum);
        var unused = in.sink().put(List.of(new StreamSink.Entry(key, "record".getBytes(UTF_8))));
        loop.advance(Duration.ofMillis(random.nextInt(60)));
      }
      running.crash();
      loop.runUntilIdle();
      running = start(round);
      loop.advance(Duration.ofSeconds(8));
    }
    loop.advance(Duration.ofSeconds(30));
    for (var key : put.keySet()) {
      var all =
          IntStream.rangeClosed(1, put.get(key))
              .mapToObj(number -> number + ",")
              .collect(Collectors.joining());
      assertThat(running.stateOf("listing", key, key)).as(key).contains(all);
    }
    assertThat(told()).allSatisfy((id, values) -> assertThat(values).as(id).hasSize(1));
    assertThat(events).anyMatch(FunctionEvent.DuplicateDropped.class::isInstance);
    assertThat(calls.get()).isGreaterThan(ROUNDS * 20);
  }

  /** All that was ever put between the two, by id. */
  private Map<String, List<String>> told() {
    var all = new HashMap<String, List<String>>();
    var records =
        middle.shardsNow().stream()
            .flatMap(shard -> middle.recordsOf(shard.id()).stream())
            .toList();
    for (var record : records) {
      var id = record.headers().get(StreamSink.Entry.ID);
      assertThat(id).isNotNull();
      var values = all.computeIfAbsent(id, absent -> new ArrayList<>());
      var value = new String(bytesOf(record), UTF_8);
      if (!values.contains(value)) {
        values.add(value);
      }
    }
    return all;
  }

  private static byte[] bytesOf(StreamRecord record) {
    try {
      return record.payload().bytes();
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
