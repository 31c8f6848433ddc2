package io.headrace.bench.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.bench.rig.LoadProcess;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.ServerProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes: our server, and the load program beside it. */
class EndToEndTest {
  private static final Contestant.Heap HEAP = new Contestant.Heap(256);

  @TempDir private Path folder;

  @Test
  void a_server_is_started_measured_over_both_encodings_and_ended() {
    try (ServerProcess server = Contestant.HEADRACE.start(new PeerFolder(folder), HEAP)) {
      LoadSettings settings =
          new LoadSettings(
              server.endpoint(), server.pid(), Duration.ofMillis(1), Duration.ofMillis(300), 2_000);
      assertThat(server.startMillis()).isPositive();
      assertThat(server.heapBytes().orElse(0)).isPositive();
      for (Encoding encoding : Encoding.values()) {
        LoadProcess.Outcome outcome =
            LoadProcess.run(
                LoadProgram.class,
                List.of(encoding.clientOption()),
                settings.command("throughput"),
                Duration.ofMinutes(2));
        assertThat(outcome.failure()).isNull();
        assertThat(outcome.figures().byName())
            .containsKeys("put.1.records_s", "put.4.records_s", "get.records_s");
        assertThat(outcome.figures().byName().values()).allMatch(value -> value >= 0);
      }
    }
  }

  @Test
  void latency_is_measured_at_each_rate() {
    try (ServerProcess server = Contestant.HEADRACE.start(new PeerFolder(folder), HEAP)) {
      LoadSettings settings =
          new LoadSettings(
              server.endpoint(), server.pid(), Duration.ofMillis(50), Duration.ofMillis(100), 1);

      LoadProcess.Outcome outcome =
          LoadProcess.run(
              LoadProgram.class, List.of(), settings.command("latency"), Duration.ofMinutes(2));

      assertThat(outcome.failure()).isNull();
      for (int rate : LoadProgram.RATES) {
        assertThat(outcome.figures().byName())
            .hasEntrySatisfying("latency." + rate + ".p99_ms", p99 -> assertThat(p99).isPositive());
      }
    }
  }

  @Test
  void a_load_that_can_not_be_measured_says_why() {
    LoadSettings nobody =
        new LoadSettings(
            URI.create("http://127.0.0.1:1"),
            ProcessHandle.current().pid(),
            Duration.ofMillis(1),
            Duration.ofMillis(1),
            1);
    LoadProcess.Outcome outcome =
        LoadProcess.run(
            LoadProgram.class, List.of(), nobody.command("throughput"), Duration.ofMinutes(2));

    assertThat(outcome.failure()).hasMessageContaining("Connection refused");
    assertThat(outcome.figures().byName()).isEmpty();
  }

  @Test
  void a_load_that_does_not_end_is_ended() {
    LoadSettings settings =
        new LoadSettings(
            URI.create("http://127.0.0.1:1"), 1, Duration.ofMillis(1), Duration.ofMillis(1), 1);
    assertThatThrownBy(
            () ->
                LoadProcess.run(
                    LoadProgram.class, List.of(), settings.command("throughput"), Duration.ZERO))
        .isInstanceOf(NotMeasured.class)
        .hasMessage("it was not done after 0 s");
  }
}
