package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.Letter;
import io.headrace.function.RetryPolicy.KeyAfterLetter;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Keys whose later records wait until their letters were played again, on a simulated loop. */
class KeysWaitTest extends RedriveRig {
  @Test
  void crashes_between_a_redrive_and_its_commit_change_state_once() {
    for (int round = 0; round < 40; round++) {
      long seed = random.nextLong();
      redriveWithCrashes(seed);
    }
  }

  private void redriveWithCrashes(long seed) {
    loop = new SimulatedLoop(seed);
    random = new SplittableRandom(seed);
    streams = new InMemoryStreams("kinesis");
    leases = new InMemoryLeaseTable();
    checkpoints = new InMemoryCheckpointStore();
    chunks = new InMemoryChunkStore();
    in = streams.create("in", 2, loop);
    put = 0;
    spec = remembering(seed % 2 == 0 ? KeyAfterLetter.GO_ON : KeyAfterLetter.WAIT_FOR_REDRIVE);
    var running = start("w0");
    broken.addAll(List.of("b", "c"));
    put(60, "a", "b", "c");
    advance(5);
    broken.clear();
    var given = redrives().redrive(Operations.Target.of("echo"), ALL, "the bug is fixed");
    for (int crash = 1; crash <= 3; crash++) {
      loop.advance(Duration.ofMillis(500 + random.nextInt(5_000)));
      running.crash();
      running = start("w" + crash);
      loop.advance(Duration.ofMillis(8_000 + random.nextInt(4_000)));
    }
    advance(30);

    assertThat(given.toCompletableFuture().join()).as("seed %s", seed).isPresent();
    assertThat(entered()).as("seed %s", seed).isEmpty();
    for (var key : List.of("a", "b", "c")) {
      assertThat(state(running, key))
          .as("seed %s, key %s", seed, key)
          .hasSize(20)
          .isSorted()
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void a_timer_of_a_key_that_waits_comes_behind_the_records_that_wait() {
    spec =
        FunctionSpec.named("echo")
            .reading(Rig.input())
            .retrying(RetryPolicy.upTo(0).thenLaterRecordsOfTheKey(KeyAfterLetter.WAIT_FOR_REDRIVE))
            .keyedBy(Keys.partitionKey(), new Texts())
            .handledBy(() -> new Waking(), Destination.nowhere());
    var first = start("w1");
    put(2, "a", "b");
    advance(5);
    broken.add("b");
    put(2, "a", "b");
    advance(2);
    broken.clear();
    put(2, "a", "b");
    advance(60);
    assertThat(text(first, "a")).isEqualTo(" 0 2 4 !");
    assertThat(text(first, "b")).as("due, and yet it waits").isEqualTo(" 1");
    first.crash();
    var running = start("w2");
    advance(30);
    assertThat(text(running, "b")).as("elsewhere, too").isEqualTo(" 1");

    var given = redrives().redrive(Operations.Target.of("echo"), ALL, "the bug is fixed");
    advance(60);
    assertThat(given.toCompletableFuture().join()).isPresent();
    assertThat(entered()).isEmpty();
    assertThat(text(running, "b")).isEqualTo(" 1 3 5 !");
  }

  private String text(FunctionRuntime.Running running, String key) {
    return String.valueOf(running.stateOf("echo", key, key).orElseThrow());
  }

  /** As the other, and half a minute after its first record a key is woken. */
  private final class Waking implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      refuseBroken(event);
      var next = Next.state(state + event.value().substring(event.partitionKey().length()));
      return state.isEmpty() ? next.wakeAfter("wake", Duration.ofSeconds(30)) : next;
    }

    @Override
    public Next<String> onTimer(String state, WakeUp timer, Output<String> out) {
      return Next.state(state + " !");
    }
  }

  private List<Integer> state(FunctionRuntime.Running running, String key) {
    var state = String.valueOf(running.stateOf("echo", key, key).orElseThrow());
    var numbers = new ArrayList<Integer>();
    for (var word : state.trim().split(" ", -1)) {
      numbers.add(Integer.parseInt(word));
    }
    return numbers;
  }

  private FunctionSpec<String, String> remembering(KeyAfterLetter choice) {
    return FunctionSpec.named("echo")
        .reading(Rig.input())
        .retrying(RetryPolicy.upTo(0).thenLaterRecordsOfTheKey(choice))
        .keyedBy(Keys.partitionKey(), new Texts())
        .handledBy(() -> new Remembering(), Destination.nowhere());
  }

  @Test
  void a_key_that_waits_gets_nothing_out_of_order_though_records_come_while_it_is_played() {
    spec = remembering(KeyAfterLetter.WAIT_FOR_REDRIVE);
    var first = start("w1");
    put(10, "a", "b");
    advance(5);
    broken.add("b");
    put(2, "a", "b");
    advance(2);
    broken.clear();
    put(10, "a", "b");
    advance(5);
    first.crash();
    var running = start("w2");
    advance(20);
    put(10, "a", "b");
    advance(5);

    assertThat(state(running, "a")).hasSize(16);
    assertThat(state(running, "b")).as("the bug is gone, and yet the key waits").hasSize(5);
    assertThat(entered().stream().map(Letter::code))
        .hasSize(11)
        .containsOnly("RetryAttemptsExhausted", "KeyWaits");

    var given = redrives().redrive(Operations.Target.of("echo"), ALL, "the bug is fixed");
    for (int i = 0; i < 50; i++) {
      put(2, "a", "b");
      loop.advance(Duration.ofMillis(100));
    }
    advance(20);
    put(2, "a", "b");
    advance(5);

    assertThat(given.toCompletableFuture().join()).isPresent();
    assertThat(entered()).isEmpty();
    assertThat(state(running, "a")).hasSize(67).isSorted().doesNotHaveDuplicates();
    assertThat(state(running, "b")).hasSize(67).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void a_letter_of_a_waiting_key_that_fails_again_holds_up_the_ones_behind_it() {
    spec = remembering(KeyAfterLetter.WAIT_FOR_REDRIVE);
    start("w1");
    broken.add("b");
    put(10, "b");
    advance(5);
    assertThat(entered()).hasSize(10);

    redrive(ALL, Optional.empty());

    assertThat(redriven).as("the first, and no more").hasSize(1);
    assertThat(entered()).hasSize(10);
    broken.clear();
    redrive(ALL, Optional.empty());
    assertThat(entered()).isEmpty();
  }

  @Test
  void windows_and_batches_let_no_key_wait() {
    var waiting = RetryPolicy.upTo(0).thenLaterRecordsOfTheKey(KeyAfterLetter.WAIT_FOR_REDRIVE);

    assertThatThrownBy(
            () ->
                Rig.reading()
                    .retrying(waiting)
                    .handledInBatchesBy(() -> batch -> {}, Destination.nowhere()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("thenLaterRecordsOfTheKey WAIT_FOR_REDRIVE");
  }

  /** Keeps the number of each record in the state of its key. */
  private final class Remembering implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      refuseBroken(event);
      return Next.state(state + event.value().substring(event.partitionKey().length()));
    }
  }
}
