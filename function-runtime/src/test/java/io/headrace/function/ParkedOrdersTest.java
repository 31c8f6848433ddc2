package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Position;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What operators order of parked keys, on a simulated loop. */
class ParkedOrdersTest extends RedriveRig {
  private final List<Position> positions = new ArrayList<>();
  private String shard = "";

  @BeforeEach
  void a_key_with_three_records_is_parked() {
    in = streams.create("one", 1, loop);
    spec =
        FunctionSpec.named("echo")
            .reading(Input.of(StreamSource.kinesis("one"), new Texts()))
            .retrying(
                RetryPolicy.forever()
                    .backingOff(Duration.ofMillis(100), Duration.ofSeconds(1))
                    .parkingKeys(new KeyParking(Duration.ofSeconds(1), 3, 1 << 20, 4, 1 << 20)))
            .handledBy(
                () ->
                    (event, out) -> {
                      refuseBroken(event);
                      seen.add(event.value());
                    },
                Destination.<String>nowhere());
    broken.add("a");
    start("w1");
    advance(2);
    for (int i = 1; i <= 3; i++) {
      putA(i);
    }
    advance(5);
  }

  private void putA(int number) {
    var entry = new StreamSink.Entry("a", ("a " + number).getBytes(UTF_8));
    var stored = done(in.sink().put(List.of(entry))).get(0);
    positions.add(stored.position());
    shard = stored.shard().value();
  }

  @Test
  void a_parked_record_that_is_skipped_lets_the_next_one_come() {
    skip(Optional.empty(), positions.get(0));
    broken.clear();
    advance(20);

    assertThat(seen).containsExactly("a 2", "a 3");
  }

  @Test
  void a_parked_key_that_is_skipped_is_parked_no_more() {
    skip(Optional.of("a"), positions.get(2));
    advance(5);
    broken.clear();
    putA(4);
    advance(5);

    assertThat(seen).containsExactly("a 4");
  }

  @Test
  void a_parked_key_that_is_paused_waits_though_it_is_mended() {
    var target = new Operations.Target("echo", Optional.empty(), Optional.of("a"));
    done(operations().pause(target, "looking into it"));
    advance(6);
    broken.clear();
    advance(20);
    assertThat(seen).isEmpty();

    done(operations().resume(target, "mended"));
    putA(4);
    advance(20);
    assertThat(seen).containsExactly("a 1", "a 2", "a 3", "a 4");
  }

  @Test
  void a_seek_to_where_it_is_keeps_what_is_parked() {
    var target = new Operations.Target("echo", Optional.of(shard), Optional.empty());
    var to = StartingPosition.after(positions.get(2));
    done(operations().seek(target, to, false, "moved in place"));
    advance(10);
    broken.clear();
    advance(20);

    assertThat(seen).containsExactly("a 1", "a 2", "a 3");
  }

  private void skip(Optional<String> key, Position position) {
    var target = new Operations.Target("echo", Optional.of(shard), key);
    done(operations().skip(target, position, "can't be mended"));
    advance(6);
  }

  private Operations operations() {
    return new Operations("app", List.of(spec), leases, checkpoints, loop, random, "ann");
  }
}
