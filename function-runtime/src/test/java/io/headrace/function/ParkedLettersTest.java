package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.function.RetryPolicy.KeyAfterLetter;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Parked records that become letters, and letters of parked keys, through crashes. */
class ParkedLettersTest extends RedriveRig {
  private static final int COURSES = 25;

  @Test
  void whatever_crashes_each_record_counts_once_and_of_waiting_keys_in_order() {
    for (int course = 0; course < COURSES; course++) {
      long seed = random.nextLong();
      course(seed);
    }
  }

  private void course(long seed) {
    loop = new SimulatedLoop(seed);
    var own = new SplittableRandom(seed);
    random = new SplittableRandom(seed + 1);
    streams = new InMemoryStreams("kinesis");
    leases = new InMemoryLeaseTable();
    checkpoints = new InMemoryCheckpointStore();
    chunks = new InMemoryChunkStore();
    in = streams.create("in", 2, loop);
    put = 0;
    broken.clear();
    var choice = own.nextBoolean() ? KeyAfterLetter.GO_ON : KeyAfterLetter.WAIT_FOR_REDRIVE;
    spec = remembering(choice);
    int workers = 0;
    var running = start("w0");
    for (int step = 0; step < 12; step++) {
      switch (own.nextInt(4)) {
        case 0 -> {
          running.crash();
          running = start("w" + ++workers);
        }
        case 1 -> {
          var key = List.of("a", "b", "c").get(own.nextInt(3));
          if (!broken.remove(key)) {
            broken.add(key);
          }
        }
        default -> put(1 + own.nextInt(20), "a", "b", "c");
      }
      loop.advance(Duration.ofMillis(100 + own.nextInt(9_000)));
    }
    broken.clear();
    advance(60);
    var given = redrives().redrive(Operations.Target.of("echo"), ALL, "the bug is fixed");
    for (int crash = 0; crash < 2; crash++) {
      loop.advance(Duration.ofMillis(own.nextInt(6_000)));
      running.crash();
      running = start("w" + ++workers);
    }
    advance(60);

    assertThat(given.toCompletableFuture()).as("seed %s", seed).isCompleted();
    assertThat(entered()).as("seed %s", seed).isEmpty();
    var all = new ArrayList<Integer>();
    for (var key : List.of("a", "b", "c")) {
      var numbers = state(running, key);
      if (choice == KeyAfterLetter.WAIT_FOR_REDRIVE) {
        assertThat(numbers).as("seed %s, key %s", seed, key).isSorted();
      }
      all.addAll(numbers);
    }
    assertThat(all).as("seed %s", seed).hasSize(put).doesNotHaveDuplicates();
    running.crash();
  }

  private List<Integer> state(FunctionRuntime.Running running, String key) {
    var numbers = new ArrayList<Integer>();
    for (var word : String.valueOf(running.stateOf("echo", key, key).orElse("")).split(" ", -1)) {
      if (!word.isEmpty()) {
        numbers.add(Integer.parseInt(word));
      }
    }
    return numbers;
  }

  private FunctionSpec<String, String> remembering(KeyAfterLetter choice) {
    return FunctionSpec.named("echo")
        .reading(Rig.input())
        .retrying(
            RetryPolicy.upTo(6)
                .backingOff(Duration.ofMillis(200), Duration.ofSeconds(2))
                .thenLaterRecordsOfTheKey(choice)
                .parkingKeys(new KeyParking(Duration.ofSeconds(1), 5, 1 << 10, 2, 1 << 20)))
        .keyedBy(Keys.partitionKey(), new Texts())
        .handledBy(() -> new Remembering(), Destination.nowhere());
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
