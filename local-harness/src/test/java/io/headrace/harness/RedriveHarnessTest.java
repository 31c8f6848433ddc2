package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.BatchFunction;
import io.headrace.function.DeadLetter;
import io.headrace.function.Destination;
import io.headrace.function.DiscardedBatch;
import io.headrace.function.EventSourceMapping;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.RecordFunction;
import io.headrace.function.RetryPolicy;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Letters of all kinds, played again once their cause is mended. */
@Timeout(60)
class RedriveHarnessTest {
  private final List<List<String>> calls = new ArrayList<>();
  private boolean broken = true;

  private final RecordFunction<String, String> echo =
      (event, out) -> {
        refuseWhileBroken();
        out.send(event.value());
      };

  private final BatchFunction<String, String> echoBatch =
      batch -> {
        var values = new ArrayList<String>();
        for (var event : batch) {
          values.add(event.value());
          batch.out(event).send(event.value());
        }
        calls.add(values);
        refuseWhileBroken();
      };

  private void refuseWhileBroken() {
    if (broken) {
      throw new IllegalStateException("not yet");
    }
  }

  private static FunctionSpec.Reading<String> reading() {
    return FunctionSpec.named("f").reading(Input.of(StreamSource.kinesis("in"), new Texts()));
  }

  private FunctionHarness<String, String> single(RetryPolicy policy) {
    return FunctionHarness.of(
        reading().retrying(policy).handledBy(() -> echo, Destination.nowhere()));
  }

  private FunctionHarness<String, String> mapped(EventSourceMapping mapping) {
    return FunctionHarness.of(
        reading()
            .lambdaCompatible(mapping)
            .handledInBatchesBy(() -> echoBatch, Destination.nowhere()));
  }

  @Test
  void dead_letters_are_played_again_once_their_cause_is_mended() {
    var stream = single(RetryPolicy.upTo(0));
    stream.put("a", "b");
    assertThat(stream.redrive()).isEqualTo(2);
    assertThat(stream.output()).isEmpty();

    broken = false;
    assertThat(stream.redrive()).isEqualTo(2);

    assertThat(stream.output()).containsExactly("a", "b");
    assertThat(stream.redrive()).isZero();
  }

  @Test
  void a_record_that_was_given_up_as_too_old_can_be_played_again() {
    broken = false;
    var stream = single(RetryPolicy.forever().within(Duration.ofMinutes(1)));
    stream.put("k", "old", stream.now().minusSeconds(120));
    assertThat(stream.deadLetters())
        .extracting(DeadLetter::code)
        .containsExactly("RecordAgeExceeded");

    assertThat(stream.redrive()).isEqualTo(1);

    assertThat(stream.output()).containsExactly("old");
    assertThat(stream.redrive()).isZero();
  }

  @Test
  void letters_of_metadata_are_played_again_one_by_one_in_their_order() {
    var window = Duration.ofSeconds(1);
    var stream =
        mapped(EventSourceMapping.defaults().maximumRetryAttempts(0).maximumBatchingWindow(window));
    stream.put("a", "b", "c");
    stream.advance(window);
    assertThat(stream.discardedBatches()).extracting(DiscardedBatch::batchSize).containsExactly(3);
    assertThat(stream.deadLetters()).isEmpty();
    calls.clear();

    broken = false;
    assertThat(stream.redrive()).isEqualTo(3);

    assertThat(stream.output()).containsExactly("a", "b", "c");
    assertThat(calls).containsExactly(List.of("a"), List.of("b"), List.of("c"));
    assertThat(stream.redrive()).isZero();
  }

  @Test
  void a_batch_that_was_too_old_by_lambdas_rules_can_be_played_again() {
    broken = false;
    var stream = mapped(EventSourceMapping.defaults().maximumRecordAgeInSeconds(60));
    stream.put("k", "old", stream.now().minusSeconds(120));
    assertThat(stream.discardedBatches())
        .extracting(DiscardedBatch::condition)
        .containsExactly("RecordAgeExceeded");

    assertThat(stream.redrive()).isEqualTo(1);

    assertThat(stream.output()).containsExactly("old");
  }
}
