package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The line is seen through the lanes that use it; the pool is a queue that the test empties. */
class DispatchTest {
  private static final int RECORDS = 200;

  private final Queue<Runnable> asked = new ArrayDeque<>();
  private final List<String> handled = new ArrayList<>();

  private Rig rig(RecordFunction<String, String> function) {
    var spec =
        Rig.reading()
            .invokingOn(asked::add)
            .handledBy(() -> function, Destination.<String>nowhere());
    return new Rig(1, spec).start();
  }

  @Test
  void quick_calls_are_made_by_few_threads_and_answered_in_few_turns() {
    var rig = rig((event, out) -> handled.add(event.partitionKey()));
    IntStream.range(0, RECORDS).forEach(i -> rig.put("key-" + i, "x"));
    rig.advance(1);

    int threads = 0;
    for (var work = asked.poll(); work != null; work = asked.poll()) {
      work.run();
      threads++;
    }

    assertThat(handled).hasSize(RECORDS);
    assertThat(threads).as("threads asked for %d calls", RECORDS).isBetween(4, 8);
    rig.advance(1);
    assertThat(rig.settled).hasSize(RECORDS);
  }

  @Test
  void a_call_that_blocks_keeps_no_other_from_a_thread() {
    var rig =
        rig(
            (event, out) -> {
              handled.add("began " + event.partitionKey());
              // The other threads of the pool, while this one is held up.
              for (var work = asked.poll(); work != null; work = asked.poll()) {
                work.run();
              }
              handled.add("ended " + event.partitionKey());
            });
    List.of("a", "b", "c").forEach(key -> rig.put(key, "x"));
    rig.advance(1);

    asked.remove().run();

    assertThat(handled)
        .containsExactly("began a", "began b", "began c", "ended c", "ended b", "ended a");
  }

  @Test
  void a_slow_call_ends_its_threads_turn_so_that_others_in_the_pool_come_next() {
    var running = new Rig[1];
    var rig =
        rig(
            (event, out) -> {
              handled.add(event.partitionKey());
              running[0].loop.advance(Duration.ofMillis(5));
            });
    running[0] = rig;
    List.of("a", "b", "c").forEach(key -> rig.put(key, "x"));
    rig.advance(1);
    var first = asked.remove();
    first.run();
    asked.add(() -> handled.add("another shard"));
    for (var work = asked.poll(); work != null; work = asked.poll()) {
      work.run();
    }

    assertThat(handled).containsExactly("a", "b", "another shard", "c");
  }

  @Test
  void a_call_that_comes_while_a_thread_works_is_made() {
    var rig = rig((event, out) -> handled.add(event.partitionKey()));
    rig.put("a", "x");
    rig.advance(1);
    var only = asked.remove();
    rig.put("b", "x");
    rig.advance(1);
    only.run();
    for (var work = asked.poll(); work != null; work = asked.poll()) {
      work.run();
    }

    assertThat(handled).containsExactly("a", "b");
  }
}
