package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Event time that moves by the clock, random commits and crashes: when windows close is chance, but
 * each record counts in one telling or is late, and none of both is ever taken back.
 */
class IdleProperties {
  private static final Side<String> LATE = Side.named("late", String.class);

  private static final class Joining implements WindowFunction<String, String, String> {
    @Override
    public String empty() {
      return "";
    }

    @Override
    public String add(String sum, Event<String> event) {
      return sum + event.value() + ";";
    }

    @Override
    public String merge(String left, String right) {
      return left + right;
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      out.send(sum);
    }
  }

  @Property(tries = 150)
  void a_record_counts_once_or_is_late_whatever_moves_event_time(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    var windows =
        random.nextBoolean()
            ? Windows.tumbling(Duration.ofSeconds(10))
            : Windows.session(Duration.ofSeconds(6));
    var rig =
        new Rig(
                seed,
                FunctionSpec.named("f")
                    .reading(Rig.timedInput().idleAfter(Duration.ofSeconds(2)))
                    .sendingSide(LATE, Destination.nowhere())
                    .windowedBy(Keys.partitionKey(), windows.lateTo(LATE), new Texts())
                    .handledBy(Joining::new, Destination.nowhere()))
            .withSlowPool(20)
            .start()
            .restore();
    var put = new ArrayList<String>();
    int count = random.nextInt(60);
    int now = 0;
    for (int i = 0; i < count; i++) {
      now += random.nextInt(4);
      put.add(i + "@" + Math.max(0, now - random.nextInt(15)));
      rig.put("k" + random.nextInt(4), put.get(i));
      disturb(rig, random);
    }
    rig.put("any", "END");
    rig.drain();
    var counted =
        rig.outputs.values().stream().flatMap(sum -> Stream.of(sum.toString().split(";"))).toList();
    var late = Set.copyOf(rig.sides);
    // None twice, and none both counted and late.
    assertThat(Stream.concat(counted.stream(), late.stream().map(String::valueOf)).toList())
        .as("seed %s", seed)
        .containsExactlyInAnyOrderElementsOf(List.copyOf(put));
  }

  private static void disturb(Rig rig, SplittableRandom random) {
    switch (random.nextInt(10)) {
      case 0 -> rig.advance(random.nextInt(30));
      case 1, 2 -> {
        rig.commit();
        rig.advance(random.nextInt(50));
      }
      case 3 -> rig.crash();
      case 4, 5 -> {
        rig.advance(100);
        rig.silence(random.nextInt(12));
      }
      default -> {}
    }
  }
}
