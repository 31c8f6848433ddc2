package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Order;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Letters that are played again and keep failing, before records of their key that are parked. */
class ParkedRedriveTest extends RedriveRig {
  private final List<String> failed = new ArrayList<>();
  private FunctionRuntime.Running running;

  /** The record with this number can't be read by any version of the function. */
  private boolean unreadable = true;

  @BeforeEach
  void a_letter_that_is_played_again_and_fails() {
    in = streams.create("one", 1, loop);
    spec = function(RetryPolicy.upTo(0));
    running = start("w1");
    advance(2);
    put(1, "a");
    advance(2);
    assertThat(letters).hasSize(1);
    running.crash();
    // The next version tries for ever.
    spec =
        function(
            RetryPolicy.forever()
                .backingOff(Duration.ofMillis(100), Duration.ofSeconds(1))
                .parkingKeys(new KeyParking(Duration.ofSeconds(2), 64, 1 << 20, 4, 1 << 20)));
    running = start("w2");
    advance(10);
    Optional<Order> order = redrive(ALL, Optional.empty());
    assertThat(order).isPresent();
    assertThat(failed).as("the letter is played").hasSizeGreaterThan(2);
  }

  @Test
  void the_first_record_that_comes_behind_it_is_parked_and_the_shard_goes_on() {
    put(1, "a");
    advance(1);
    put(1, "b");
    advance(10);

    assertThat(running.health().reasons()).isEmpty();
    assertThat(seen).containsExactly("b 2");
    mend();
    assertThat(seen).containsExactly("b 2", "a 0", "a 1");
    assertThat(entered()).isEmpty();
  }

  @Test
  void records_that_are_parked_behind_it_are_not_parked_twice() {
    put(3, "a");
    advance(10);
    put(3, "a");
    advance(30);
    put(1, "b");
    advance(5);

    assertThat(running.health().reasons()).isEmpty();
    assertThat(seen).containsExactly("b 7");
    mend();
    assertThat(seen).containsExactly("b 7", "a 0", "a 1", "a 2", "a 3", "a 4", "a 5", "a 6");
    assertThat(entered()).isEmpty();
  }

  private void mend() {
    unreadable = false;
    advance(20);
  }

  private FunctionSpec<String, String> function(RetryPolicy retry) {
    return FunctionSpec.named("echo")
        .reading(Input.of(StreamSource.kinesis("one"), new Texts()))
        .retrying(retry)
        .handledBy(
            () ->
                (event, out) -> {
                  if (unreadable && event.value().equals("a 0")) {
                    failed.add(event.value());
                    throw new IllegalStateException("can't be read");
                  }
                  seen.add(event.value());
                },
            Destination.<String>nowhere());
  }
}
