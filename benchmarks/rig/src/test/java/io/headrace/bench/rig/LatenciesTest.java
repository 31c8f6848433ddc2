package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  private final Latencies latencies = new Latencies();

  @Test
  void the_age_of_a_record_counts_from_the_tick_that_it_carries() {
    arrive(2, System.nanoTime() - 50_000_000);
    assertThat(latencies.figures(2, "latency").byName().get("latency.p50_ms"))
        .isBetween(50.0, 10_000.0);
  }

  @Test
  void windows_are_told_apart() {
    arrive(1, System.nanoTime());
    arrive(2, System.nanoTime());
    arrive(2, System.nanoTime());
    assertThat(latencies.arrived()).isEqualTo(3);
    assertThat(latencies.count(1)).isEqualTo(1);
    assertThat(latencies.count(2)).isEqualTo(2);
    assertThat(latencies.count(3)).isZero();
  }

  @Test
  void a_record_may_lie_anywhere_in_its_buffer() {
    ByteBuffer buffer = ByteBuffer.allocate(30).putInt(5, 7).putLong(9, System.nanoTime());
    latencies.accept(buffer.position(5));
    assertThat(latencies.count(7)).isEqualTo(1);
  }

  private void arrive(int window, long tick) {
    latencies.accept(ByteBuffer.allocate(20).putInt(0, window).putLong(4, tick));
  }
}
