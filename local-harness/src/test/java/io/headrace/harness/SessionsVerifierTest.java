package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sessions, and windows that are told early, under every disturbance that the verifier knows. */
@Timeout(60)
class SessionsVerifierTest {
  private static FunctionVerifier<String, String> counting(Windows windows) {
    return FunctionVerifier.of(
        FunctionSpec.named("counting")
            .reading(
                Input.of(StreamSource.kinesis("in"), new Texts())
                    .endedBy(text -> text.equals("end")))
            .windowedBy(Keys.partitionKey(), windows, Json.of(WindowedHarnessTest.Sum.class))
            .handledBy(
                WindowedHarnessTest.Counting::new,
                Destination.stream("out", new Texts(), text -> text)));
  }

  @Test
  void sessions_are_told_alike_in_every_run() {
    var verdict =
        counting(Windows.session(Duration.ofSeconds(40)))
            .put("a", "1", "2")
            .put("b", "3")
            .advance(Duration.ofSeconds(39))
            .put("a", "4")
            .advance(Duration.ofSeconds(39))
            .put("b", "5")
            .end("end")
            .verify();

    assertThat(verdict.leftOut()).noneMatch(line -> line.contains("SPLIT"));
  }

  @Test
  void what_is_told_early_is_not_compared() {
    counting(Windows.session(Duration.ofSeconds(40)).earlyEvery(Duration.ofSeconds(3)))
        .put("a", "1", "2")
        .advance(Duration.ofSeconds(39))
        .put("a", "4")
        .end("end")
        .verify();
  }
}
