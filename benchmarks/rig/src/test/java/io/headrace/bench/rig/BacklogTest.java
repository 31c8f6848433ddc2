package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BacklogTest {
  private final Backlog backlog = new Backlog(2, 3, 1 + 2 + 3 + 4 + 5);

  @Test
  void a_whole_backlog_has_a_rate_and_costs_of_the_measured_part_and_of_the_whole()
      throws Exception {
    arrive(5, 4, 3, 2, 1);
    var names =
        new ArrayList<>(
            List.of(
                "backlog.cpu_us",
                "backlog.allocated_bytes",
                "backlog.records_s",
                "backlog.whole_cpu_us"));
    if (Compilers.cpuNanos().isPresent()) {
      names.addAll(List.of("backlog.compilers_us", "backlog.cpu_without_compilers_us"));
    }
    assertThat(backlog.await(Duration.ZERO).byName())
        .containsOnlyKeys(names)
        .allSatisfy((name, value) -> assertThat(value).isNotNegative());
  }

  @Test
  void records_that_are_missing_are_counted() {
    arrive(1, 2, 3);
    assertThatThrownBy(() -> backlog.await(Duration.ofMillis(1)))
        .isInstanceOf(NotMeasured.class)
        .hasMessage("3 of 5 records were done after 0 s");
  }

  @Test
  void a_record_that_comes_twice_in_the_place_of_another_is_noticed() {
    arrive(1, 2, 3, 4, 4);
    assertThatThrownBy(() -> backlog.await(Duration.ZERO))
        .hasMessageStartingWith("5 records came where 5 were put, and they are not the same");
  }

  @Test
  void a_record_too_many_is_noticed() {
    arrive(1, 2, 3, 4, 5, 0);
    assertThatThrownBy(() -> backlog.await(Duration.ZERO))
        .hasMessageStartingWith("6 records came where 5 were put");
  }

  @Test
  void a_purchase_is_json_of_the_size_of_all_records_and_says_its_number_and_its_key() {
    Payload.Item item = Payload.PURCHASES.next(new SplittableRandom(7));
    assertThat(item.data()).hasSize(Batches.DATA_BYTES);
    assertThat(new String(item.data(), StandardCharsets.US_ASCII))
        .startsWith("{\"number\":" + item.number() + ",\"account\":\"" + item.key() + "\"")
        .endsWith("\"}");
  }

  @Test
  void the_sum_of_the_batches_is_the_sum_of_what_their_records_carry() {
    Batches batches = new Batches("stream", 7, Payload.BYTES);
    long sum = 0;
    for (int i = 0; i < 20; i++) {
      for (var entry : batches.get(i).records()) {
        sum += Backlog.number(entry.data().asByteBuffer());
      }
    }
    assertThat(batches.sum(20)).isEqualTo(sum);
  }

  private void arrive(long... numbers) {
    for (long number : numbers) {
      backlog.accept(ByteBuffer.allocate(20).putLong(1, number));
    }
  }
}
