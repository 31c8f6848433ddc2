package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random commits, crashes, durations and failures: state is what a fold over the input says. */
class StateProperties {
  private static final RetryPolicy QUICK =
      RetryPolicy.forever().backingOff(Duration.ofMillis(1), Duration.ofMillis(50));

  private record Appending(SplittableRandom random, int failurePercent)
      implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      out.send(state + event.value() + ";");
      if (random.nextInt(100) < failurePercent) {
        throw new IllegalStateException("by chance");
      }
      return Next.state(state + event.value() + ";");
    }
  }

  private static final class Joining implements WindowFunction<String, String, String> {
    private final SplittableRandom random;
    private final int failurePercent;

    Joining(SplittableRandom random, int failurePercent) {
      this.random = random;
      this.failurePercent = failurePercent;
    }

    @Override
    public String empty() {
      return "";
    }

    @Override
    public String add(String sum, Event<String> event) {
      perhapsFail();
      return sum + event.value() + ";";
    }

    @Override
    public String merge(String left, String right) {
      throw new IllegalStateException("keys are disjoint");
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      out.send(window.revision() + ":" + window.key() + "@" + window.start() + "=" + sum);
      perhapsFail();
    }

    private void perhapsFail() {
      if (random.nextInt(100) < failurePercent) {
        throw new IllegalStateException("by chance");
      }
    }
  }

  @Property(tries = 150)
  void keyed_state_is_the_fold_of_the_records_whatever_crashes(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    int failurePercent = random.nextInt(50);
    var rig =
        new Rig(
                seed,
                Rig.reading()
                    .retrying(QUICK)
                    .keyedBy(Keys.partitionKey(), new Texts())
                    .handledBy(() -> new Appending(random, failurePercent), Destination.nowhere()))
            .withSlowPool(5)
            .start()
            .restore();
    Map<String, String> states = new HashMap<>();
    Map<String, String> expected = new HashMap<>();
    int count = random.nextInt(100);
    for (int i = 0; i < count; i++) {
      var key = "k" + random.nextInt(5);
      var position = rig.put(key, key + "-" + i);
      var state = states.merge(key, key + "-" + i + ";", String::concat);
      expected.put(Decoder.id(rig.shardKey(), position) + "#0", state);
      disturb(rig, random);
    }
    rig.drain();
    assertThat(rig.outputs).as("seed %s", seed).isEqualTo(expected);
  }

  @Property(tries = 200)
  void windows_are_the_fold_of_the_records_that_were_not_late_whatever_crashes(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    int failurePercent = random.nextInt(50);
    var windows =
        random.nextBoolean()
            ? Windows.tumbling(Duration.ofSeconds(10))
            : Windows.hopping(Duration.ofSeconds(10), Duration.ofSeconds(4));
    var timed =
        windows
            .waiting(Duration.ofSeconds(random.nextInt(8)))
            .allowing(Duration.ofSeconds(random.nextInt(12)));
    var late = Side.named("late", String.class);
    var rig =
        new Rig(
                seed,
                FunctionSpec.named("f")
                    .reading(
                        Rig.input()
                            .timedBy(value -> Instant.ofEpochSecond(time(value)))
                            .endedBy("END"::equals))
                    .retrying(QUICK)
                    .sendingSide(late, Destination.nowhere())
                    .windowedBy(Keys.partitionKey(), timed.lateTo(late), new Texts())
                    .handledBy(() -> new Joining(random, failurePercent), Destination.nowhere()))
            .withSlowPool(5)
            .start()
            .restore();
    var oracle = new Oracle(timed);
    int count = random.nextInt(80);
    int now = 0;
    for (int i = 0; i < count; i++) {
      now += random.nextInt(4);
      var key = "k" + random.nextInt(4);
      var value = i + "@" + Math.max(0, now - random.nextInt(25));
      rig.put(key, value);
      oracle.add(key, value);
      disturb(rig, random);
    }
    rig.put("any", "END");
    rig.drain();
    assertThat(rig.outputs.values())
        .as("seed %s", seed)
        .containsExactlyInAnyOrderElementsOf(oracle.closed());
    assertThat(rig.sides).as("seed %s", seed).containsAll(oracle.late);
    assertThat(oracle.late)
        .as("seed %s", seed)
        .containsAll(rig.sides.stream().map(String::valueOf).toList());
  }

  private static void disturb(Rig rig, SplittableRandom random) {
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> rig.advance(random.nextInt(30));
      case 3, 4 -> {
        rig.commit();
        rig.advance(random.nextInt(10));
      }
      case 5 -> rig.crash();
      default -> {}
    }
  }

  private static long time(String value) {
    return Long.parseLong(value.substring(value.indexOf('@') + 1));
  }

  /** What the records mean, without lanes, commits or crashes. */
  private static final class Oracle {
    private final Windows windows;
    private final Map<String, String> sums = new HashMap<>();
    private final Map<String, Instant> open = new HashMap<>();
    private final Map<String, Integer> revisions = new HashMap<>();
    private final List<String> told = new ArrayList<>();
    private Instant watermark = Instant.MIN;
    final List<String> late = new ArrayList<>();

    Oracle(Windows windows) {
      this.windows = windows;
    }

    void add(String key, String value) {
      var at = Instant.ofEpochSecond(time(value));
      var takes =
          windows.of(at).stream().filter(span -> !windows.isClosed(span.end(), watermark)).toList();
      if (takes.isEmpty()) {
        late.add(value);
        return;
      }
      for (var span : takes) {
        var window = key + "@" + span.start() + "=";
        sums.merge(window, value + ";", String::concat);
        if (windows.isDue(span.end(), watermark)) {
          tell(window);
        } else {
          open.put(window, span.end());
        }
      }
      watermark = watermark.isBefore(at) ? at : watermark;
      for (var each : List.copyOf(open.entrySet())) {
        if (windows.isDue(each.getValue(), watermark)) {
          open.remove(each.getKey());
          tell(each.getKey());
        }
      }
    }

    private void tell(String window) {
      told.add(revisions.merge(window, 1, Integer::sum) - 1 + ":" + window + sums.get(window));
    }

    List<String> closed() {
      open.keySet().forEach(this::tell);
      open.clear();
      return told;
    }
  }
}
