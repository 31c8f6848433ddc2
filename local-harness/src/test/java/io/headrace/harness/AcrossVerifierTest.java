package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The verifier on functions of two stages. */
@Timeout(60)
class AcrossVerifierTest {
  /** Counts by the last letter; forgets to keep its count in the state when it is wrong. */
  static final class Counting implements KeyedFunction<String, Integer, String> {
    private final boolean wrong;
    private int count;

    Counting(boolean wrong) {
      this.wrong = wrong;
    }

    @Override
    public Integer initial(String key) {
      return 0;
    }

    @Override
    public Next<Integer> handle(Integer state, Event<String> event, Output<String> out) {
      count++;
      int next = wrong ? count : state + 1;
      out.send(event.partitionKey() + ":" + event.value() + "=" + next);
      return Next.state(next);
    }
  }

  private static FunctionVerifier<String, String> verifier(boolean wrong) {
    return FunctionVerifier.of(
            FunctionSpec.named("counting")
                .reading(Input.of(StreamSource.kinesis("in"), new Texts()))
                .keyedBy(
                    Keys.across(text -> text.substring(text.length() - 1), "by-last-letter"),
                    Json.of(Integer.class))
                .handledBy(
                    () -> new Counting(wrong),
                    Destination.stream("out", new Texts(), text -> text)))
        .put("p", "ax")
        .put("q", "bx")
        .put("p", "ay", "cx");
  }

  @Test
  void a_function_of_two_stages_stands_every_variation() {
    verifier(false).verify();
  }

  @Test
  void a_count_in_a_field_is_found_in_the_second_stage_too() {
    assertThatThrownBy(() -> verifier(true).verify()).isInstanceOf(AssertionError.class);
  }
}
