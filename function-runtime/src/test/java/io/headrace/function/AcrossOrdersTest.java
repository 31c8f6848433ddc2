package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Operators and functions that are keyed across shards: keys are those of the second stage. */
class AcrossOrdersTest {
  private static final Duration OBEYED = Duration.ofSeconds(4);

  private final SimulatedLoop loop = new SimulatedLoop(5);
  private final SplittableRandom random = new SplittableRandom(5);
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryStream in = streams.create("in", 2, loop);
  private final List<String> seen = new ArrayList<>();
  private Predicate<StreamSink.Entry> refused = entry -> false;
  private int put;

  /** By whether the number behind the partition key is odd. */
  private final FunctionSpec<String, String> spec =
      FunctionSpec.named("parity")
          .reading(Rig.input())
          .keyedBy(Keys.across(AcrossOrdersTest::parity, "by-parity"), new Texts())
          .handledBy(Joining::new, Destination.nowhere());

  private static String parity(String value) {
    return Integer.parseInt(value.substring(2)) % 2 == 1 ? "odd" : "even";
  }

  private final class Joining implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      seen.add(event.value());
      return Next.state(state + event.value());
    }
  }

  private void start() {
    streams.create("by-parity", 2, loop);
    var unused =
        FunctionRuntime.named("app")
            .workerId("w1")
            .on(loop, loop, loop, random)
            .leasesIn(leases)
            .checkpointsIn(checkpoints)
            .stateIn(new InMemoryChunkStore())
            .connecting(new Failing())
            .committingEvery(Duration.ofSeconds(1))
            .leaseTime(Duration.ofSeconds(5))
            .run(spec)
            .start();
    loop.advance(Duration.ofSeconds(5));
  }

  private Operations operations() {
    return new Operations("app", List.of(spec), leases, checkpoints, loop, random, "ann");
  }

  private static Operations.Target key(String key) {
    return new Operations.Target("parity", Optional.empty(), Optional.of(key));
  }

  private void pause(Operations.Target target) {
    order(operations().pause(target, "strange"));
  }

  private void resume(Operations.Target target) {
    order(operations().resume(target, "understood"));
  }

  private void order(CompletionStage<?> order) {
    loop.runUntilIdle();
    order.toCompletableFuture().join();
    loop.advance(OBEYED);
  }

  private void put(int records, String... partitionKeys) {
    for (int i = 0; i < records; i++) {
      var key = partitionKeys[i % partitionKeys.length];
      var value = (key + " " + put++).getBytes(UTF_8);
      var unused = in.sink().put(List.of(new StreamSink.Entry(key, value)));
    }
  }

  private List<String> seenOf(String key) {
    return seen.stream().filter(value -> parity(value).equals(key)).toList();
  }

  @Test
  void a_key_that_was_held_gets_every_record_that_others_have_overtaken() {
    start();
    pause(key("odd"));
    put(40, "a", "b", "c");
    loop.advance(Duration.ofSeconds(5));
    assertThat(seenOf("even")).hasSize(20);
    assertThat(seenOf("odd")).isEmpty();

    resume(key("odd"));

    assertThat(seenOf("odd")).hasSize(20).doesNotHaveDuplicates();
    assertThat(seenOf("even")).hasSize(20);
  }

  @Test
  void partition_keys_are_no_keys_of_the_function_and_hold_nothing() {
    start();
    pause(key("a"));
    put(40, "a", "b", "c");
    loop.advance(Duration.ofSeconds(5));

    assertThat(seen).hasSize(40).doesNotHaveDuplicates();
  }

  @Test
  void a_commit_that_waits_for_a_mark_does_not_keep_a_function_from_being_resumed() {
    start();
    refused = entry -> entry.partitionKey().startsWith("mark-");
    put(10, "a", "b", "c");
    loop.advance(Duration.ofSeconds(2));
    refused = entry -> true;
    put(10, "a", "b", "c");
    loop.advance(Duration.ofSeconds(2));
    pause(Operations.Target.of("parity"));
    refused = entry -> false;
    resume(Operations.Target.of("parity"));
    loop.advance(Duration.ofSeconds(10));

    assertThat(seen).hasSize(20).doesNotHaveDuplicates();
  }

  /** Streams that refuse what they are told to. */
  private final class Failing implements StreamConnector {
    @Override
    public String service() {
      return streams.service();
    }

    @Override
    public ShardedStream open(StreamSource source, EventLoop of, RandomGenerator jitter) {
      return streams.open(source, of, jitter);
    }

    @Override
    public StreamSink sink(String stream, EventLoop of, RandomGenerator jitter) {
      var sink = streams.sink(stream, of, jitter);
      return new StreamSink() {
        @Override
        public CompletionStage<List<Stored>> put(List<Entry> entries) {
          return entries.stream().anyMatch(refused)
              ? CompletableFuture.failedFuture(
                  new StreamException(StreamException.Kind.RETRYABLE, "refused"))
              : sink.put(entries);
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void close() {}
  }
}
