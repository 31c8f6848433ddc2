package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the runtime had begun by itself when a shard ends or leaves: letters that are played again
 * and records of parked keys are waited for, so that nobody else begins them meanwhile.
 */
class LastCallsTest extends RedriveRig {
  private final List<String> begun = new ArrayList<>();
  private Duration takes = Duration.ZERO;

  @BeforeEach
  void one_shard() {
    in = streams.create("one", 1, loop);
  }

  @Test
  void a_letter_that_is_with_the_function_when_its_shard_ends_is_not_played_by_the_child() {
    spec = function(RetryPolicy.upTo(0));
    start("w1");
    deadLetter();
    takes = Duration.ofSeconds(3);
    var unused = redrives().redrive(Operations.Target.of("echo"), ALL, "mended");
    untilBegun();
    in.split(in.openShards().get(0).id());
    advance(30);

    assertThat(begun).containsExactly("a 0");
    assertThat(seen).containsExactly("a 0");
    assertThat(entered()).isEmpty();
  }

  @Test
  void a_parked_record_that_is_with_the_function_when_its_shard_ends_is_not_begun_by_the_child() {
    spec = function(parking());
    start("w1");
    park();
    takes = Duration.ofSeconds(3);
    untilBegun();
    in.split(in.openShards().get(0).id());
    advance(30);

    assertThat(begun).containsExactly("a 0", "a 1");
    assertThat(seen).containsExactly("a 0", "a 1");
  }

  @Test
  void a_parked_record_that_is_with_the_function_when_its_shard_leaves_is_finished_first() {
    spec = function(parking());
    var first = start("w1");
    park();
    start("w2");
    takes = Duration.ofMillis(800);
    untilBegun();
    var stopped = first.stop().toCompletableFuture();
    advance(30);

    assertThat(stopped).isCompleted();
    assertThat(begun).containsExactly("a 0", "a 1");
    assertThat(seen).containsExactly("a 0", "a 1");
  }

  @Test
  void a_call_that_never_returns_holds_a_shards_end_up_for_ten_seconds_at_most() {
    spec = function(parking());
    start("w1");
    park();
    takes = Duration.ofHours(1);
    untilBegun();
    in.split(in.openShards().get(0).id());
    advance(5);
    assertThat(begun).containsExactly("a 0");
    takes = Duration.ZERO;
    advance(10);

    assertThat(seen).containsExactly("a 0", "a 1");
  }

  private static RetryPolicy parking() {
    return RetryPolicy.forever()
        .backingOff(Duration.ofMillis(100), Duration.ofSeconds(1))
        .parkingKeys(new KeyParking(Duration.ofSeconds(1), 64, 1 << 20, 4, 1 << 20));
  }

  private void deadLetter() {
    broken.add("a");
    advance(2);
    put(1, "a");
    advance(5);
    assertThat(letters).hasSize(1);
    mend();
  }

  private void park() {
    broken.add("a");
    advance(2);
    put(2, "a");
    advance(10);
    mend();
  }

  private void mend() {
    broken.clear();
    begun.clear();
    assertThat(seen).isEmpty();
  }

  private void untilBegun() {
    for (int i = 0; i < 1_000 && begun.isEmpty(); i++) {
      loop.advance(Duration.ofMillis(10));
    }
    assertThat(begun).containsExactly("a 0");
  }

  private FunctionSpec<String, String> function(RetryPolicy retry) {
    return FunctionSpec.named("echo")
        .reading(Input.of(StreamSource.kinesis("one"), new Texts()))
        .retrying(retry)
        .handledAsyncBy(
            () ->
                (event, out) -> {
                  begun.add(event.value());
                  refuseBroken(event);
                  var done = new CompletableFuture<Void>();
                  var unused =
                      loop.schedule(
                          takes,
                          () -> {
                            if (!done.isDone()) {
                              seen.add(event.value());
                              done.complete(null);
                            }
                          });
                  return done;
                },
            Destination.<String>nowhere());
  }
}
