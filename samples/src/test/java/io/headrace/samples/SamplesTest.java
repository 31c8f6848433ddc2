package io.headrace.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class SamplesTest {
  private final List<Sample> samples = Samples.all();

  @Test
  void there_are_three_each_with_streams_of_its_own() {
    assertThat(samples)
        .extracting(Sample::name)
        .containsExactly("monitoring", "analytics", "fraud");
    assertThat(samples).flatExtracting(Sample::streams).hasSize(5).doesNotHaveDuplicates();
    assertThat(samples).extracting(s -> s.spec().name()).doesNotHaveDuplicates();
    for (var sample : samples) {
      assertThat(sample.spec()).isSameAs(sample.spec());
    }
  }

  @Test
  void each_run_begins_with_fresh_ones() {
    assertThat(Samples.all()).doesNotContainAnyElementsOf(samples);
    assertThat(samples).allMatch(sample -> sample.outputs() == 0);
  }

  @Test
  void the_input_has_as_many_entries_as_it_says_and_begins_anew_each_time() {
    for (var sample : samples) {
      long entries = 0;
      for (var all = sample.entries(); all.hasNext(); all.next()) {
        entries++;
      }
      assertThat(entries).as(sample.name()).isEqualTo(sample.size());
      assertThat(sample.entries().next().entry().data())
          .isEqualTo(sample.entries().next().entry().data());
    }
  }

  @Test
  void the_fastest_replay_stays_below_what_each_shard_takes() {
    for (var sample : samples) {
      var shards = ShardEndsTest.shards(sample.shards());
      var loads = new HashMap<String, Long>();
      sample
          .entries()
          .forEachRemaining(
              entry -> {
                var hash = HashRange.hashOf(entry.entry().partitionKey());
                for (var shard : shards) {
                  if (shard.range().holds(hash)) {
                    loads.merge(entry.stream().name() + shard.id(), 1L, Long::sum);
                  }
                }
              });
      for (long load : loads.values()) {
        assertThat((double) load / sample.size() * sample.perSecondMax())
            .as(sample.name())
            .isLessThan(1000);
      }
    }
  }

  @Test
  void ten_seconds_are_enough_for_every_input_and_ten_minutes_are_used_up() {
    for (var sample : samples) {
      assertThat(sample.replay(Duration.ofSeconds(10)).whole())
          .as(sample.name())
          .isEqualTo(sample.size());
      var slow = sample.replay(Duration.ofMinutes(10));
      assertThat(slow.due(Duration.ofMinutes(5))).isEqualTo(sample.size() / 2);
      assertThat(slow.whole()).isEqualTo(sample.size());
    }
  }

  @Test
  void before_anything_is_put_there_is_nothing_to_be_wrong_about() {
    for (var sample : samples) {
      var result = sample.result(0);

      assertThat(result.name()).isEqualTo(sample.name());
      assertThat(result.figures()).containsEntry("repeated", 0L).containsEntry("contradicting", 0L);
      assertThat(result.lines()).isNotEmpty();
    }
  }
}
