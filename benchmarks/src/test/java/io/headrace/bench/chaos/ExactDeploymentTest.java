package io.headrace.bench.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExactDeploymentTest {
  record Inner(Optional<Instant> at) {}

  record State(long last, Inner inner, Map<String, Long> counts) {}

  private static final State STATE =
      new State(7, new Inner(Optional.of(Instant.EPOCH)), Map.of("last", 3L));

  @Test
  void the_second_version_reads_the_first_and_the_first_refuses_the_second() {
    var first = new ExactDeployment("out", 1, true).state(State.class);
    var second = new ExactDeployment("out", 2, true).state(State.class);
    assertThat(new String(second.encode(STATE), UTF_8))
        .isEqualTo(
            "{\"v2_last\":7,\"v2_inner\":{\"at\":\"1970-01-01T00:00:00Z\"},"
                + "\"v2_counts\":{\"last\":3}}");
    assertThat(second.decode(second.encode(STATE), 2)).isEqualTo(STATE);
    assertThat(second.decode(first.encode(STATE), 1)).isEqualTo(STATE);
    assertThatThrownBy(() -> first.decode(second.encode(STATE), 2))
        .hasMessageContaining("a newer program wrote it");
  }

  @Test
  void only_who_goes_back_writes_the_first_version() {
    var first = new ExactDeployment("out", 1, true).state(State.class);
    var both = new ExactDeployment("out", 2, true).state(State.class);
    assertThat(both.encode(STATE, 1)).isEqualTo(first.encode(STATE));
    assertThat(new ExactDeployment("out", 2, false).state(State.class).oldestWritten())
        .isEqualTo(2);
  }
}
